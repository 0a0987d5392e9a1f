"""Measures how time grows with hostile documents: `make bench-growth`. Twice the document, about twice the time.

Growth is the geometric mean of three doublings, the last to a document of up to 4 MB: it is 2 where time is linear and
4 where it is quadratic. A single doubling tells less: one can cost more, where caches end or expat gets a second piece.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from xml.parsers import expat

from crosswalk.converter import json_to_xml, xml_to_json
from crosswalk.errors import CrosswalkError

MAPPINGS = ("item", "natural", "xpath", "jsonml")
TARGET = 2.6  # for "about twice", on a machine with other work
SIZE = 25_000
DOUBLINGS = 3


JSON: dict[str, Callable[[int], str]] = {
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
    "brackets in strings": lambda n: "[" + ",".join(['"[{\\""'] * n) + "]",
}
XML: dict[str, Callable[[int], str]] = {
    "deep": lambda n: "<r>" + ("<a>" * 250 + "</a>" * 250) * (n // 100) + "</r>",
    "too deep": lambda n: "<a>" * n,
    "wide": lambda n: "<r>" + "<a/>" * n + "</r>",
    "attributes": lambda n: "<r " + " ".join(f'a{i}="1"' for i in range(n)) + "/>",
    "namespaces": lambda n: "<r " + " ".join(f'xmlns:a{i}="u{i}"' for i in range(n)) + "/>",
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


# No reader on expat can grow more slowly than expat does with these.
MANY_ATTRIBUTES = ("attributes", "namespaces", "item: attributes")


def item_list(content: Callable[[int], str]) -> Callable[[int], str]:
    return lambda n: f'<ITEM type="list">{content(n)}</ITEM>'


ITEM: dict[str, Callable[[int], str]] = {
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
    "item: attributes": lambda n: '<ITEM type="list" ' + " ".join(f'a{i}="1"' for i in range(n)) + "/>",
}


def measure(convert: Callable[[bytes], object], make: Callable[[int], str]) -> tuple[float, float]:
    """Seconds for the smallest document, and how many times as many for one of twice the size."""
    documents = [make(SIZE << doubling).encode() for doubling in (0, DOUBLINGS)]
    smallest, largest = (min(_time(convert, document) for _ in range(3)) for document in documents)
    return smallest, float((largest / smallest) ** (1 / DOUBLINGS))


def read_with_expat_alone(document: bytes) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: None
    parser.Parse(document, True)


def _time(convert: Callable[[bytes], object], document: bytes) -> float:
    times: list[float] = []
    while sum(times) < 0.02:
        started = time.process_time()
        with suppress(CrosswalkError):
            convert(document)
        times.append(time.process_time() - started)
    return min(times)


def main() -> None:
    worst, missed = 0.0, 0
    print(f"{'document':34}{'way':18}{'seconds':>10}{'growth':>8}")
    seconds, floor = measure(read_with_expat_alone, XML["attributes"])
    print(f"{'attributes':34}{'expat alone':18}{seconds:10.4f}{floor:8.2f}")
    for kinds, convert, arrow in ((JSON, json_to_xml, "to XML"), (XML | ITEM, xml_to_json, "to JSON")):
        for name, make in kinds.items():
            for mapping in MAPPINGS if not name.startswith("item:") else ("item",):
                seconds, growth = measure(lambda document: convert(document, mapping), make)  # noqa: B023
                limit = max(TARGET, floor) if name in MANY_ATTRIBUTES else TARGET
                missed += growth > limit
                worst = max(worst, growth)
                mark = "  <--" if growth > limit else ""
                print(f"{name:34}{mapping + ' ' + arrow:18}{seconds:10.4f}{growth:8.2f}{mark}", flush=True)
    print(f"{'NOT MET' if missed else 'met'}: twice the document took at most {worst:.2f} times as long")


if __name__ == "__main__":
    main()
