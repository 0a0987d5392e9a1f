"""Hostile documents by family: each makes one of about so many bytes, so that twice the bytes can be tried, and more.

JSON["deep lists"](1000)    b"[[[[...]]]],[[[[...]]]]"
"""

from collections.abc import Callable

Family = Callable[[int], bytes]


def repeat(part: str, before: str = "", after: str = "", code: str = "utf-8") -> Family:
    """A part again and again between what stands before and after."""
    bytes_each = len(part.encode(code, "surrogatepass"))

    def make(size: int) -> bytes:
        return (before + part * max(size // bytes_each, 1) + after).encode(code, "surrogatepass")

    return make


def number(part: str, before: str = "", after: str = "") -> Family:
    """A part again and again, a number of its own in each."""

    def make(size: int) -> bytes:
        count = max(size // (len(part) + 5), 1)
        return (before + "".join(part.format(n=n) for n in range(count)) + after).encode()

    return make


def nest(opening: str, closing: str, levels: int, before: str = "", after: str = "", between: str = "") -> Family:
    """Towers of so many levels beside each other."""
    tower = opening * levels + closing * levels
    return repeat(tower + between, before, tower + after)


def multiply_entities(count: int) -> bytes:
    declarations = "".join(f"<!ENTITY x{n} '" + f"&x{n - 1};" * 10 + "'>" for n in range(1, 12))
    return f'<!DOCTYPE a [<!ENTITY x0 "lol">{declarations}]><a>{"&x11;" * count}</a>'.encode()


def declare_on_every_level(count: int) -> bytes:
    names = [f"x{level}" for level in range(500)]
    starts = ("<a" + "".join(f' xmlns:{name}y{n}="u"' for n in range(count)) + ">" for name in names)
    return ("".join(starts) + "</a>" * 500).encode()


JSON: dict[str, Family] = {
    # depth
    "deep lists": nest("[", "]", 500, "[", "]", ","),
    "deep objects": repeat('{"a":' * 500 + "0" + "}" * 500 + ",", "[", "0]"),
    "lists that never end": repeat("["),
    "objects that never end": repeat('{"a":'),
    "a long string below 500 levels": lambda size: b'{"a":' * 500 + b'"' + b"x" * size + b'"' + b"}" * 500,
    "a long string below 500 names with a backspace": lambda size: (
        rb'{"\b":' * 500 + rb'"\u1234' + b"x" * size + b'"' + b"}" * 500
    ),
    "ampersands below 30 names with a backspace": lambda size: (
        rb'{"\b":' * 30 + rb'"\u1234' + b"&" * size + b'"' + b"}" * 30
    ),
    "strings below 500 such names each": lambda size: (
        b"[" + (rb'{"\b":' * 500 + rb'"\u1234' + b"x" * 3000 + b'"' + b"}" * 500 + b",") * (size // 6500) + b"0]"
    ),
    # length
    "many zeros": repeat("0,", "[", "0]"),
    "many empty lists": repeat("[],", "[", "[]]"),
    "many empty objects": repeat("{},", "[", "{}]"),
    "one long string": repeat("x", '"', '"'),
    "one string of astral characters": repeat("\U0001f600", '"', '"'),
    "a string that never ends": repeat("\\\\", '"'),
    "a zero a line": repeat("0\n"),
    "an empty list a line": repeat("[]\n"),
    "quotes alone": repeat('"'),
    "white space": repeat(" \n", "[", "]"),
    "line ends of three kinds": repeat("\r\n\n\r", "[", "]"),
    # names
    "one name again and again": repeat('"a":0,', "{", '"a":0}'),
    "a name with a backspace again and again": repeat(r'"\b":0,', "{", '"a":0}'),
    "names of their own": number('"k{n}":0,', "{", '"k":0}'),
    "empty names": repeat('"":[],', "{", '"":0}'),
    "one long name": repeat("x", '{"', '":0}'),
    "a long name on every level": lambda size: (b'{"' + b"x" * (size // 400) + b'":') * 400 + b"0" + b"}" * 400,
    "names beyond ASCII": number('"жж{n}":0,', '{"r":{', '"k":0}}'),
    "names that are attributes": number('"@a{n}":"",', '{"r":{', '"b":0}}'),
    "names with a prefix": number('"p:a{n}":"",', '{"r":{"@xmlns:p":"u",', '"b":0}}'),
    "declarations": number('"@xmlns:p{n}":"u",', '{"r":{', '"b":0}}'),
    # numbers
    "one long integer": repeat("9", "[", "]"),
    "one long fraction": repeat("9", "[0.", "]"),
    "one long exponent": repeat("9", "[1e", "]"),
    "many exponents": repeat("1E+400,", "[", "0]"),
    "a minus sign that never ends": repeat("-", "["),
    # escapes and surrogates
    "escaped backslashes": repeat(r"\\", '["', '"]'),
    "escaped backspaces": repeat(r"\b", '["', '"]'),
    "escaped NULs": repeat(r"\u0000", '["', '"]'),
    "escaped NULs in a name": repeat(r"\u0000", '{"', '":0}'),
    "unpaired surrogates": repeat(r"\ud800", '["', '"]'),
    "pairs the wrong way round": repeat(r"\udc00\ud800", '["', '"]'),
    "pairs": repeat(r"\ud83d\ude00", '["', '"]'),
    "escaped slashes and quotes": repeat(r"\/\"", '["', '"]'),
    "noncharacters": repeat("\ufffe\uffff", '["', '"]'),
    # what XML has to escape
    "ampersands": repeat("&", '["', '"]'),
    "tags as text": repeat("</a><a>", '["', '"]'),
    "ends of CDATA": repeat("]]>", '["', '"]'),
    "carriage returns": repeat(r"\r", '["', '"]'),
    "brackets within strings": repeat('"[{",', "[", "0]"),
    # encodings
    "UTF-16": repeat("[0,", "", "", "utf-16-le"),
    "raw surrogates": repeat("\ud800", '["', '"]'),
    "bytes that are not UTF-8": lambda size: b'["' + b"\xff" * size + b'"]',
    "overlong bytes": lambda size: b'["' + b"\xc0\x80" * (size // 2) + b'"]',
    # JsonML
    "JsonML, deep": lambda size: b'["a",' * 500 + b'"' + b"x" * size + b'"' + b"]" * 500,
    "JsonML, wide": repeat('["a",{"b":"c"}],', '["r",', '"x"]'),
}  # fmt: skip

XPATH = ' xmlns="http://www.w3.org/2005/xpath-functions"'

XML: dict[str, Family] = {
    # entities and DTDs
    "entities that multiply": lambda size: multiply_entities(size // 5),
    "one entity, used again and again": lambda size: (
        f'<!DOCTYPE a [<!ENTITY x "{"y" * (size // 2)}">]><a>{"&x;" * (size // 6)}</a>'
    ).encode(),
    "an entity of itself": repeat("&x;", '<!DOCTYPE a [<!ENTITY x "&x;">]><a>', "</a>"),
    "an entity from a file": repeat("&x;", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>', "</a>"),
    "an entity from the network": repeat("&x;", '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]><a>', "</a>"),
    "a parameter entity": repeat("%x;", '<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd">', "]><a/>"),
    "an external DTD": repeat("<b/>", '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a>', "</a>"),
    "an external DTD and entities": repeat("&x;", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>', "</a>"),
    "attributes by default": repeat("<a/>", '<!DOCTYPE r [<!ATTLIST a b CDATA "' + "x" * 1000 + '">]><r>', "</r>"),
    "a DOCTYPE that never ends": repeat("<!-- -->", "<!DOCTYPE a ["),
    "a long public identifier": repeat("x", '<!DOCTYPE a PUBLIC "', '" "y"><a/>'),
    "undeclared entities in an attribute": repeat("&x;", '<!DOCTYPE a SYSTEM "y"><a b="', '"/>'),
    "stylesheets": repeat('<?xml-stylesheet href="http://127.0.0.1:9/"?>', "", "<a/>"),
    "inclusions": repeat(
        '<x:include href="file:///etc/passwd"/>', '<a xmlns:x="http://www.w3.org/2001/XInclude">', "</a>"
    ),
    # encodings
    "UTF-16": repeat("é<b/>", "\ufeff<a>", "</a>", "utf-16-le"),
    "an unknown encoding": repeat("<b/>", '<?xml version="1.0" encoding="unicode_escape"?><a>', "</a>"),
    "UTF-7": repeat("+ADw-b/+AD4-", '<?xml version="1.0" encoding="UTF-7"?><a>', "</a>"),
    "a declaration that lies": repeat("<b/>", '<?xml version="1.0" encoding="UTF-16"?><a>', "</a>"),
    "one byte a character": lambda size: b'<?xml version="1.0" encoding="KOI8-R"?><a>' + b"\xc1" * size + b"</a>",
    "bytes that are not UTF-8": lambda size: b"<a>" + b"\xff" * size + b"</a>",
    "NULs": lambda size: b"<a>" + b"\0" * size + b"</a>",
    # names
    "one long name": repeat("x", "<", "/>"),
    "names of their own": number("<a{n}/>", "<r>", "</r>"),
    "long names": lambda size: b"<r>" + (b"<" + b"x" * 10_000 + b"/>") * max(size // 10_000, 1) + b"</r>",
    "prefixed names beyond ASCII": number("<p:жж{n}/>", "<r xmlns:p='u'>", "</r>"),
    "names of many colons": repeat("a:", "<", "b/>"),
    "astral names": repeat("<\U00010000/>", "<r>", "</r>"),
    # namespaces
    "declarations on the root": number(' xmlns:p{n}="u"', "<r", "/>"),
    "declarations on every element": repeat('<p:a xmlns:p="u"/>', "<r>", "</r>"),
    "a long namespace, used again and again": lambda size: (
        f'<r xmlns:p="{"u" * (size // 2)}">{"<p:a/>" * (size // 12)}</r>'
    ).encode(),
    "a deep element, then shallow ones": repeat("<a/>", f"<r>{'<a>' * 200}{'</a>' * 200}", "</r>"),
    "a long name around records and a large one": lambda size: (
        b"<%b>" % (b"r" * (size // 4))
        + b"<b>x</b>" * (size // 16)
        + b"<b>%b</b>" % (b"<a/>" * (size // 16))
        + b"</%b>" % (b"r" * (size // 4))
    ),
    "new names, and no record": number("<p:a{n}/>", '<r xmlns:p="u">', "</r>"),
    "a long namespace around names of their own": lambda size: (
        f'<r xmlns="{"u" * (size // 4)}">'.encode() + number("<a{n}/>", "", "</r>")(size * 3 // 4)
    ),
    "declarations of their own": number('<a xmlns:p{n}="u"/>', "<r>", "</r>"),
    "declarations on every level": lambda size: declare_on_every_level(size // 9000),
    "undeclared prefixes": repeat("<p:a/>", "<r>", "</r>"),
    # attributes
    "attributes": number(' a{n}=""', "<r", "/>"),
    "attributes on every element": repeat('<a b="" c="" d=""/>', "<r>", "</r>"),
    "one attribute again and again": repeat(' a=""', "<r", "/>"),
    "a long attribute": repeat("x", '<a b="', '"/>'),
    "an attribute of references": repeat("&#10;&amp;", '<a b="', '"/>'),
    "an attribute that never ends": repeat("x ", '<a b="'),
    # depth
    "towers": nest("<a>", "</a>", 500, "<r>", "</r>"),
    "elements that never end": repeat("<a>"),
    "end tags alone": repeat("</a>", "<a>"),
    "a long text below 500 levels": lambda size: b"<a>" * 500 + b"x" * size + b"</a>" * 500,
    # length
    "many elements": repeat("<a/>", "<r>", "</r>"),
    "mixed content": repeat("x<a/>", "<r>", "</r>"),
    "two names in turn": repeat("<a/><b/>", "<r>", "</r>"),
    "a long text": repeat("x", "<r>", "</r>"),
    "white space": repeat(" \n", "<r>", "</r>"),
    "white space between elements": repeat("<a/>\n\t ", "<r>", "</r>"),
    "references": repeat("&lt;&#x41;", "<r>", "</r>"),
    "a reference that never ends": repeat("1", "<r>&#"),
    "empty CDATA": repeat("<![CDATA[]]>", "<r>", "</r>"),
    "CDATA": repeat("<![CDATA[<&]]>x", "<r>", "</r>"),
    "CDATA that never ends": repeat("]]", "<r><![CDATA["),
    "comments": repeat("<!-- x -->", "<r>", "</r>"),
    "a long comment": repeat("x ", "<r><!--", "--></r>"),
    "a comment that never ends": repeat("- ", "<r><!--"),
    "dashes": repeat("-", "<r><!-"),
    "instructions": repeat("<?x y?>", "", "<r/>"),
    "angles": repeat("<", "<r>"),
    "ends of CDATA": repeat("]]>", "<r>", "</r>"),
    "documents one after the other": repeat("<a/>"),
    # item
    "item, wide": repeat('<ITEM type="null" />', '<ITEM type="list">', "</ITEM>"),
    "item, single quotes": repeat("<ITEM type='null'/>", '<ITEM type="list">', "</ITEM>"),
    "item, towers": nest('<ITEM type="list">', "</ITEM>", 500, '<ITEM type="list">', "</ITEM>"),
    "item, a long value": repeat("&lt;&amp;x", '<ITEM type="string" value="', '" />'),
    "item, a long number": repeat("9", '<ITEM type="integer" value="', '" />'),
    "item, escapes": repeat(r"\u0000\\", '<ITEM type="string" value="', '" escaped="true" />'),
    "item, escapes of surrogates": repeat(r"\ud800", '<ITEM type="string" value="', '" escaped="true" />'),
    "item, quotes in turn": repeat("""<ITEM type="string" value='"'/>""", '<ITEM type="list">', "</ITEM>"),
    "item, an open quote": repeat('<ITEM type="string" value="', '<ITEM type="list">'),
    "item, refused at the end": repeat('<ITEM type="null" />', '<ITEM type="list">', "x</ITEM>"),
    "item, comments between": repeat('<!-- < --><ITEM type="null" />', '<ITEM type="list">', "</ITEM>"),
    "item, keys": number('<ITEM key="k{n}" type="null" />', '<ITEM type="object">', "</ITEM>"),
    # xpath
    "xpath, numbers": repeat("<number>1e400</number>", f"<array{XPATH}>", "</array>"),
    "xpath, a long number": repeat("9", f"<number{XPATH}>", "</number>"),
    "xpath, towers": nest("<array>", "</array>", 500, f"<array{XPATH}>", "</array>"),
    "xpath, names": number('<null key="k{n}"/>', f"<map{XPATH}>", "</map>"),
    "xpath, escapes": repeat(r"\u0000", f'<string escaped="true"{XPATH}>', "</string>"),
}  # fmt: skip
