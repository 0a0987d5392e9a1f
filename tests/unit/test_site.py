"""The page's files hold together, and hold what the converter holds; how they behave, tests/browser says."""

import inspect
import json
import re
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser

import pytest

from crosswalk.converter import convert_json_to_xml, convert_xml_to_json, json_to_xml, natural, xml_to_json
from crosswalk.converter.mappings import TO_JSON, TO_XML, Converter
from crosswalk.http.documents import LIMIT
from deploy.openapi import ROOT

SITE = ROOT / "site"
CONVERTER = ROOT / "layers/shared/crosswalk/converter"
PAGE = (SITE / "index.html").read_text()
MODULES = {path.name: path.read_text() for path in SITE.glob("*.js")}

Attributes = dict[str, str | None]


class Fields(HTMLParser):
    """The page's options: by name, the attributes of the label around it, which say what it applies to."""

    def __init__(self) -> None:
        super().__init__()
        self.label: Attributes = {}
        self.found: dict[str, Attributes] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "label":
            self.label = attributes
        name = attributes.get("name")
        if name and tag != "meta" and "data-to-xml" in self.label:
            self.found[name] = self.label


def list_takers(converters: Mapping[str, Converter], option: str) -> list[str]:
    """The mappings that have the option."""
    return [mapping for mapping, convert in converters.items() if option in inspect.signature(convert).parameters]


def read_fields() -> dict[str, Attributes]:
    fields = Fields()
    fields.feed(PAGE)
    return fields.found


OPTIONS = {
    name
    for convert in [*TO_XML.values(), *TO_JSON.values()]
    for name, parameter in inspect.signature(convert).parameters.items()
    if parameter.kind is inspect.Parameter.KEYWORD_ONLY
}


def test_the_page_has_every_option_of_every_mapping() -> None:
    assert read_fields().keys() >= OPTIONS


@pytest.mark.parametrize("option", sorted(OPTIONS))
def test_an_option_applies_where_the_converter_takes_it(option: str) -> None:
    for direction, converters in (("data-to-xml", TO_XML), ("data-to-json", TO_JSON)):
        mappings = (read_fields()[option][direction] or "").split()
        assert [name for name in mappings if name != "auto"] == list_takers(converters, option)


def test_the_page_has_words_for_every_loss() -> None:
    table = re.search(r"const LOSSES = \{(.*?)\};", MODULES["report.js"], re.DOTALL)
    assert table
    words = set(re.findall(r'"?([\w-]+)"?: "', table[1]))
    converter = "".join(path.read_text() for path in CONVERTER.rglob("*.py"))
    others = re.findall(r'losses\.add\("([\w-]+)"\)', converter)
    assert others
    assert words == {*natural.LOSSES_TO_JSON, *natural.LOSSES_TO_XML, *others}


def test_the_page_knows_the_limit() -> None:
    assert "const LIMIT = 4 * 1024 * 1024;\n" in MODULES["documents.js"]
    assert LIMIT == 4 * 1024 * 1024


@pytest.mark.parametrize("mapping", TO_XML)
def test_the_sample_of_a_mapping_is_what_the_mapping_makes(mapping: str) -> None:
    found = re.search(rf'data-mapping="{mapping}".*?<pre class="sample">(.*?)\n(.*?)</pre>', PAGE, re.DOTALL)
    assert found
    document, xml = (unescape(part).encode() for part in found.groups())
    assert json_to_xml(document, mapping) == xml
    assert json.loads(xml_to_json(xml, mapping)) == json.loads(document)


@pytest.mark.parametrize("example", re.findall(r'data-example="([^"]+)" data-by="([^"]+)"', PAGE))
def test_every_example_is_carried_by_the_mapping_that_it_comes_with(example: tuple[str, str]) -> None:
    name, mapping = example
    document = (SITE / "examples" / name).read_bytes()
    convert = convert_json_to_xml if name.endswith(".json") else convert_xml_to_json
    assert set(convert(document, mapping).losses) <= {"whitespace"}


def test_every_module_opens_with_what_it_is_for() -> None:
    assert all(re.match(r"/\*\*\n \* [A-Z]", text) for text in MODULES.values())


def test_the_script_stays_small() -> None:
    """The page converts nothing itself, and need not grow much."""
    assert sum(text.count("\n") for text in MODULES.values()) <= 1668
    assert all(text.count("\n") <= 300 for text in MODULES.values())


def test_every_imported_name_is_used_and_every_module_is_there() -> None:
    for text in MODULES.values():
        for names, module in re.findall(r'^import \{ (.*?) \} from "\./(.*?)";$', text, re.MULTILINE):
            assert module in MODULES
            body = text.replace(f"import {{ {names} }}", "")
            assert all(re.search(rf"\b{name}\b", body) for name in names.split(", "))
            exported = re.findall(
                r"^export (?:async )?(?:const|class|function\*?) (\w+)", MODULES[module], re.MULTILINE
            )
            assert set(names.split(", ")) <= set(exported)


def test_every_class_in_the_styles_is_on_a_page() -> None:
    written = PAGE + (SITE / "api.html").read_text() + "".join(MODULES.values())
    for name in set(re.findall(r"\.([a-z][\w-]*)", re.sub(r"\{[^{}]*\}", "", (SITE / "style.css").read_text()))):
        assert re.search(rf"\b{name}\b", written), name


@pytest.mark.parametrize("name", ["index.html", "api.html"])
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(name: str) -> None:
    page = (SITE / name).read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    assert not re.search(r"""(?:src|href)=["'](?:https?:|//)""", page)
    assert not re.search(r"@import|url\(", (SITE / "style.css").read_text())
