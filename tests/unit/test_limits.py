"""What every mapping keeps small: its result, the time it takes, and what an error repeats of a document."""

import time

import pytest

from crosswalk.converter import json_to_xml, xml_to_json
from crosswalk.converter.places import MAX_POINTER, point_at
from crosswalk.errors import DocumentTooLarge, InexpressibleDocument

XPATH = 'xmlns="http://www.w3.org/2005/xpath-functions"'
LONG = "k" * 100_000


@pytest.mark.parametrize("mapping", ["item", "natural", "xpath"])
def test_indentation_that_makes_a_small_json_text_enormous_is_refused(mapping: str) -> None:
    deep_and_wide = b"[" * 500 + b",".join([b"1"] * 40_000) + b"]" * 500
    with pytest.raises(DocumentTooLarge):
        json_to_xml(deep_and_wide, mapping, indent=8)
    assert len(json_to_xml(deep_and_wide, mapping)) < 3_000_000


LONG_NAMESPACES = [
    f'<r xmlns:p="{"u" * 1_000_000}">' + '<a p:b=""/>' * 10_000 + "</r>",
    f"<r {XPATH} xmlns:p='{'u' * 1_000_000}' " + " ".join(f'p:a{number}=""' for number in range(10_000)) + "/>",
]


@pytest.mark.parametrize("mapping", ["auto", "natural", "jsonml"])
@pytest.mark.parametrize("document", LONG_NAMESPACES, ids=["many elements", "one element"])
def test_a_long_namespace_of_many_attributes_costs_nothing(document: str, mapping: str) -> None:
    started = time.process_time()
    assert len(xml_to_json(document.encode(), mapping)) < 2_000_000
    assert time.process_time() - started < 1


@pytest.mark.parametrize("document", LONG_NAMESPACES, ids=["many elements", "one element"])
def test_expanded_names_that_would_be_enormous_are_refused(document: str) -> None:
    started = time.process_time()
    with pytest.raises(DocumentTooLarge):
        xml_to_json(document.encode(), "natural", namespaces="expanded")
    assert time.process_time() - started < 2


def test_a_long_namespace_of_many_elements_does_not_slow_a_refusal() -> None:
    document = f'<ITEM type="list"><x xmlns="{"u" * 1_000_000}">' + "<a/>" * 100_000 + "</x></ITEM>"
    started = time.process_time()
    with pytest.raises(InexpressibleDocument):
        xml_to_json(document.encode())
    assert time.process_time() - started < 2


def test_a_long_namespace_and_long_attributes_are_read_all_the_same() -> None:
    uri = "u" * 5_000
    assert xml_to_json(f'<a xmlns:p="{uri}" p:b="{uri}"/>'.encode(), "jsonml") == (
        f'["a",{{"xmlns:p":"{uri}","p:b":"{uri}"}}]'.encode()
    )


@pytest.mark.parametrize(
    ("document", "mapping", "pointer"),
    [
        (f'{{"r":{{"{LONG}":{{"a b":1}}}}}}', "natural", "/r"),
        (f'{{"r":{{"{LONG}":1,"{LONG}":2}}}}', "xpath", "/r"),
        (f'["a",{{"{LONG} ":1}}]', "jsonml", "/1"),
    ],
)
def test_a_pointer_does_not_repeat_a_long_key(document: str, mapping: str, pointer: str) -> None:
    with pytest.raises(InexpressibleDocument) as refused:
        json_to_xml(document.encode(), mapping)
    assert refused.value.pointer == pointer


def test_a_pointer_names_the_innermost_value_that_there_is_room_for() -> None:
    assert point_at(["a/b", 0, "~"]) == "/a~1b/0/~0"
    assert point_at(["k" * (MAX_POINTER - 1)]) == "/" + "k" * (MAX_POINTER - 1)
    assert point_at(["a", "k" * (MAX_POINTER - 2), "b"]) == "/a"


def test_a_path_does_not_repeat_a_long_name() -> None:
    with pytest.raises(InexpressibleDocument) as refused:
        xml_to_json(f'<{LONG}><b xmlns="@u"/></{LONG}>'.encode(), "natural", namespaces="expanded")
    assert refused.value.path == f"/{LONG[:40]}.../b[1]"
