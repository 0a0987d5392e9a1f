"""The page in Firefox: that it starts, follows, checks, colours, and lays text where the caret is."""

import os
from collections.abc import Iterator

import pytest

from tests.browser.firefox import Firefox, start_firefox
from tests.programs import find_program


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with start_firefox(find_program("firefox-esr"), tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox


@pytest.fixture
def page(firefox: Firefox, service: str) -> Firefox:
    firefox.open(f"{service}/?{os.urandom(4).hex()}")
    firefox.wait_for("document.querySelector('#command').textContent")
    return firefox


def test_firefox_converts_while_somebody_types_and_checks_what_comes_back(page: Firefox) -> None:
    page.evaluate("document.querySelector('#json').focus()")
    page.type('{"a": [1.0, true]}')
    page.wait_for("document.querySelector('.gutter .state').textContent === '≈'")
    xml = page.evaluate("document.querySelector('#xml-pane .text').textContent")
    assert '<ITEM type="float" value="1.0" />' in xml
    said = page.evaluate("document.querySelector('#xml-message').textContent")
    assert "the same but for white space" in said


def test_firefox_colours_what_is_seen(page: Firefox) -> None:
    page.evaluate("document.querySelector('#json').focus()")
    page.type('{"a": 1}')
    page.wait_for("CSS.highlights.get('name')?.size === 1")


def test_firefox_lays_text_where_the_caret_is(page: Firefox) -> None:
    page.evaluate("document.querySelector('#json').focus()")
    page.type("[1]")
    styles = """["textarea", ".text"].map((name) => {
        const style = getComputedStyle(document.querySelector(`#json-pane ${name}`));
        return [style.fontFamily, style.fontSize, style.lineHeight, style.tabSize, style.letterSpacing].join(";");
    })"""
    assert page.evaluate(f"new Set({styles}).size") == 1


def test_firefox_undoes_a_replacement(page: Firefox) -> None:
    page.evaluate("document.querySelector('#json').focus()")
    page.type("[1]")
    page.wait_for("document.querySelector('.gutter .state').textContent === '='")
    page.evaluate("document.querySelector('#json-pane [data-tool=clear]').click()")
    page.wait_for("document.querySelector('#json').value === ''")
    page.evaluate("document.querySelector('#json-pane [data-tool=undo]').click()")
    page.wait_for("document.querySelector('#json').value === '[1]'")
