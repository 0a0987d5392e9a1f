"""Documents made to be slow or large: families of texts that grow with n, which is about a twentieth of their bytes."""

import json
from collections.abc import Callable

Family = Callable[[int], str]

JSON: dict[str, Family] = {
    "deep lists": lambda n: "[" + ",".join([("[" * 250) + ("]" * 250)] * (n // 50)) + "]",
    "deep objects": lambda n: "[" + ",".join([('{"a":' * 250) + "0" + ("}" * 250)] * (n // 100)) + "]",
    "a long string below 500 levels": lambda n: '{"a":' * 500 + f'"{"x" * n * 20}"' + "}" * 500,
    "too deep": lambda n: "[" * (n * 10),
    "wide": lambda n: "[" + ",".join(["0"] * n * 4) + "]",
    "duplicate keys": lambda n: "{" + ",".join(['"a":0'] * n) + "}",
    "different keys": lambda n: "{" + ",".join(f'"k{i}":0' for i in range(n)) + "}",
    "one long string": lambda n: f'{{"a":"{"x" * n * 20}"}}',
    "one long key": lambda n: f'{{"{"x" * n * 20}":1}}',
    "one long number": lambda n: f'{{"a":{"9" * n * 20}}}',
    "escapes": lambda n: '{"a":"' + r"\\\"\n" * n * 2 + '"}',
    "control characters": lambda n: '["' + r"\u0000\ud800" * n + '"]',
    "entity-like text": lambda n: f'["{"&amp;&lt;<>&#10;" * n}"]',
    "an open string": lambda n: '["' + "\\\\" * n * 5,
    "an emoji behind ASCII": lambda n: f'["{"x" * n * 20}😀"]',
    "an escaped emoji behind ASCII": lambda n: f'["{"x" * n * 20}{json.dumps("😀")[1:-1]}"]',
    "short strings": lambda n: "[" + '"a",' * n * 5 + "0]",
    "deep and wide": lambda n: "[" * 500 + "[]," * n * 6 + "0" + "]" * 500,
    "brackets in strings": lambda n: "[" + ",".join(['"[{\\""'] * n) + "]",
}
XML: dict[str, Family] = {
    "deep": lambda n: "<r>" + ("<a>" * 250 + "</a>" * 250) * (n // 100) + "</r>",
    "too deep": lambda n: "<a>" * n,
    "wide": lambda n: "<r>" + "<a/>" * n + "</r>",
    "attributes": lambda n: "<r " + " ".join(f'a{i}="1"' for i in range(n)) + "/>",
    "namespaces": lambda n: "<r " + " ".join(f'xmlns:a{i}="u{i}"' for i in range(n)) + "/>",
    "prefixes of a long namespace": lambda n: (
        f'<r xmlns:p="{"u" * 507}😀" ' + " ".join(f'p:a{i}=""' for i in range(n * 2)) + "/>"
    ),
    "long namespaces below each other": lambda n: (
        f'<r xmlns="{"u" * 2000}">' + f'<p:a xmlns:p="{"v" * 500}"/>' * (n // 28) + "</r>"
    ),
    "elements of a long namespace": lambda n: f'<r xmlns="{"u" * 100_000}">' + "<a/>" * n * 4 + "</r>",
    "an emoji behind ASCII": lambda n: f"<r>{'x' * n * 20}😀</r>",
    "long text": lambda n: f"<r>{'x' * n * 20}</r>",
    "long attribute": lambda n: f'<r a="{"x" * n * 20}"/>',
    "long name": lambda n: f"<{'x' * n * 5}/>",
    "long comment": lambda n: f"<r><!--{'- x' * n * 5}--></r>",
    "many comments": lambda n: f"<r>{'<!-- x -->' * n}</r>",
    "open comment": lambda n: f"<r><!--{'- x' * n * 5}",
    "open tags": lambda n: "<r>" + "<" * n,
    "entity-like text": lambda n: f"<r>{'&amp;lt;&#10;&lt;' * n}</r>",
    "mixed content": lambda n: f"<r>{'x<a/>y<b/>' * n}</r>",
    "white space": lambda n: f"<r>{' ' * n * 20}</r>",
    "prolog": lambda n: "<?x y?>\n" * n + "<r/>",
    "doctype": lambda n: f"<!DOCTYPE r SYSTEM '{'x' * n * 5}'><r/>",
}


def item_list(content: Family) -> Family:
    return lambda n: f'<ITEM type="list">{content(n)}</ITEM>'


ITEM: dict[str, Family] = {
    "item: wide": item_list(lambda n: '<ITEM type="null" />' * n),
    "item: wide, then another form": item_list(lambda n: '<ITEM type="null" />' * n + "<ITEM type='null'/>"),
    "item: wide, then refused": item_list(lambda n: '<ITEM type="null" />' * n + "x"),
    "item: deep": item_list(lambda n: ('<ITEM type="list">' * 250 + "</ITEM>" * 250) * (n // 100)),
    "item: too deep": lambda n: '<ITEM type="list">' * n,
    "item: long value": item_list(lambda n: f'<ITEM type="string" value="{"&lt;&amp;" * n}" />'),
    "item: long number": item_list(lambda n: f'<ITEM type="integer" value="{"9" * n * 10}" />'),
    "item: escapes": item_list(
        lambda n: f'<ITEM type="string" value="{chr(92) + "u0000"}{chr(92) * n * 4}" escaped="true" />'
    ),
    "item: open quote": item_list(lambda n: '<ITEM type="string" value="' * n),
    "item: both kinds of quotes": item_list(lambda n: """<ITEM type="string" value='"' /><ITEM type='null' />""" * n),
    "item: open quote after single ones": item_list(lambda n: f"""<ITEM type='string' value='{"'" * 2 * n}" />"""),
    "item: white space": item_list(lambda n: " " * n * 10 + "\n" + "<ITEM type='null' \n/>" * n),
    "item: an emoji behind ASCII": item_list(lambda n: f'<ITEM type="string" value="{"x" * n * 20}😀" />'),
    "item: attributes": lambda n: '<ITEM type="list" ' + " ".join(f'a{i}="1"' for i in range(n)) + "/>",
}

MAPS = "http://www.w3.org/2005/xpath-functions"
XPATH: dict[str, Family] = {
    "xpath: deep and wide": lambda n: (
        f'<array xmlns="{MAPS}">' + "<array>" * 500 + "<null/>" * n * 2 + "</array>" * 501
    ),
    "xpath: keys": lambda n: f'<map xmlns="{MAPS}">' + "".join(f'<null key="{i}"/>' for i in range(n)) + "</map>",
    "xpath: escapes": lambda n: (
        f'<string xmlns="{MAPS}" escaped="true">' + chr(92) + "u0000" + (chr(92) + "u0041") * n * 3 + "</string>"
    ),
}


def make_hostile(family: Family, size: int) -> bytes:
    """A document of a family, of at most so many bytes and hardly fewer."""
    n = size // 20
    while len(document := family(n).encode()) > size or len(document) < 0.98 * size:
        n = int(n * 0.99 * size / len(document))
    return document
