"""The page's files hold together, and hold what the converter holds; how they behave, tests/browser says."""

import inspect
import re
from collections.abc import Mapping
from html.parser import HTMLParser

import pytest

from crosswalk.converter import natural
from crosswalk.converter.mappings import TO_JSON, TO_XML, Converter
from crosswalk.http.documents import LIMIT
from deploy.openapi import ROOT

SITE = ROOT / "site"
PAGE = (SITE / "index.html").read_text()
SCRIPT = (SITE / "app.js").read_text()

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
        if name and "data-to-xml" in self.label:
            self.found[name] = self.label


def list_takers(converters: Mapping[str, Converter], option: str) -> list[str]:
    """The mappings that have the option."""
    return [mapping for mapping, convert in converters.items() if option in inspect.signature(convert).parameters]


def read_fields() -> dict[str, Attributes]:
    fields = Fields()
    fields.feed(PAGE)
    return fields.found


def test_the_page_has_every_option_of_every_mapping() -> None:
    options = {
        name
        for convert in [*TO_XML.values(), *TO_JSON.values()]
        for name, parameter in inspect.signature(convert).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    assert set(read_fields()) == options


@pytest.mark.parametrize("option", read_fields())
def test_an_option_applies_where_the_converter_takes_it(option: str) -> None:
    for direction, converters in (("data-to-xml", TO_XML), ("data-to-json", TO_JSON)):
        mappings = (read_fields()[option][direction] or "").split()
        assert [name for name in mappings if name != "auto"] == list_takers(converters, option)


def test_the_page_has_words_for_every_loss() -> None:
    table = re.search(r"const LOSSES = \{(.*?)\};", SCRIPT, re.DOTALL)
    assert table
    words = set(re.findall(r'^  "?([\w-]+)"?:', table[1], re.MULTILINE))
    assert words == {*natural.LOSSES_TO_JSON, *natural.LOSSES_TO_XML}


def test_the_page_knows_the_limit() -> None:
    assert "const LIMIT = 4 * 1024 * 1024;\n" in SCRIPT
    assert LIMIT == 4 * 1024 * 1024


@pytest.mark.parametrize("name", ["style.css", "app.js"])
def test_the_page_names_its_files_plainly_and_once_so_that_publishing_can_rename_them(name: str) -> None:
    assert len(re.findall(rf'(?:href|src)="{re.escape(name)}"', PAGE)) == 1
    assert PAGE.count(name) == 1


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", PAGE)
    assert not re.search(r"""(?:src|href)=["'](?:https?:|//)""", PAGE)
    assert not re.search(r"@import|url\(", (SITE / "style.css").read_text())
