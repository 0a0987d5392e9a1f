"""The converter's front: which mapping, which options, and what it hands back."""

import gc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pytest

from crosswalk.converter import Conversion, convert_json_to_xml, convert_xml_to_json, json_to_xml, xml_to_json
from crosswalk.converter.mappings import TO_XML
from crosswalk.converter.sources import MAX_READ
from crosswalk.errors import CrosswalkError, InvalidParameter, MalformedDocument

EVENTS = Path(__file__).parents[2] / "events"
FUNCTIONS = Path(__file__).parents[2] / "functions"


@pytest.mark.parametrize("mapping", ["item", "xpath"])
def test_what_json_to_xml_wrote_comes_back_without_the_mapping_being_told(mapping: str) -> None:
    document = rb'{"foo":0,"bar":false,"":"","deep":[[[]]],"f":1.0,"e":1E400,"n":"\u0000"}'
    conversion = convert_xml_to_json(json_to_xml(document, mapping))
    assert (conversion.document, conversion.mapping) == (document, mapping)


def test_a_conversion_names_its_mapping_and_what_it_lost() -> None:
    assert convert_json_to_xml(b'{"a":1}', "natural") == Conversion(b"<a>1</a>", "natural", ("types",))
    assert convert_xml_to_json(b"<a><!-- b --></a>") == Conversion(b'{"a":null}', "natural", ("comments",))


def test_an_unpaired_surrogate_is_written_as_an_escape() -> None:
    assert xml_to_json(json_to_xml(rb'"\ud800"')) == rb'"\ud800"'


@pytest.mark.parametrize("indent", [-1, 9])
def test_indentation_out_of_range_is_refused_by_name(indent: int) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        json_to_xml(b"1", indent=indent)
    assert refusal.value.parameter == "indent"


def test_an_unknown_mapping_and_an_option_of_another_mapping_are_refused_by_name() -> None:
    for mapping, options, parameter in [("json", {}, "mapping"), ("item", {"escape": True}, "escape")]:
        with pytest.raises(InvalidParameter) as refusal:
            json_to_xml(b"1", mapping, **options)
        assert refusal.value.parameter == parameter


def test_no_indentation_is_no_option_so_every_mapping_takes_it() -> None:
    assert json_to_xml(b'["a"]', "jsonml", indent=0) == b"<a />"


@pytest.mark.parametrize("mapping", ["item", "natural", "xpath", "jsonml"])
@pytest.mark.parametrize(
    ("convert", "document"),
    [
        (json_to_xml, b'["a",{"b":"c"}]'),
        (json_to_xml, b'{"a":1,"a":[{}]}'),
        (json_to_xml, b"[1,]"),
        (xml_to_json, b'<ITEM type="list"><ITEM type="null" /></ITEM>'),
        (xml_to_json, b'<ITEM type="list"><!----><ITEM type="x"/></ITEM>'),
        (xml_to_json, b'<a b="c"><d xmlns:e="f"/></a>'),
        (xml_to_json, b"<a><b></a>"),
        (xml_to_json, b"<a>" * 600),
    ],
)
def test_a_conversion_leaves_no_cycles_for_the_garbage_collection(
    convert: Callable[..., bytes], document: bytes, mapping: str
) -> None:
    gc.freeze()  # what other tests have left takes long to look through
    for _ in range(2):  # at first there is also what is imported, or compiled, once
        gc.disable()
        with suppress(CrosswalkError):
            convert(document, mapping)
        cycles = gc.collect()
        gc.enable()
    gc.unfreeze()
    assert cycles == 0


def test_a_garbage_collection_waits_for_the_conversion_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    states = []

    def convert(source: BinaryIO, write: Callable[[bytes], object]) -> tuple[str, ...]:
        states.append(gc.isenabled())
        raise MalformedDocument("")

    monkeypatch.setitem(TO_XML, "natural", convert)
    for was_enabled in (True, False):
        (gc.enable if was_enabled else gc.disable)()
        with pytest.raises(MalformedDocument):
            json_to_xml(b"1", "natural")
        states.append(gc.isenabled())
        gc.enable()
    assert states == [False, True, False, False]


def test_every_function_has_a_sample_event_of_its_name() -> None:
    assert {path.stem for path in EVENTS.glob("*.json")} == {path.parent.name for path in FUNCTIONS.glob("*/app.py")}


@pytest.mark.parametrize("shown", range(1, 8))
def test_auto_waits_for_the_whole_name_of_the_root(shown: int) -> None:
    comment = "<!--" + "x" * (MAX_READ - shown - 7) + "-->"  # so that the first read ends in the root's name
    assert convert_xml_to_json(f'{comment}<ITEM type="null" />'.encode()).mapping == "item"
    assert convert_xml_to_json(f"{comment}<ITEMS/>".encode()).mapping == "natural"
