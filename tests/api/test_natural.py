"""The mapping `natural` through the handlers: options in the query, losses in the header, refusals with a place."""

from urllib.parse import urlencode

import pytest

from functions.json_to_xml.app import handler as json_to_xml
from functions.xml_to_json.app import handler as xml_to_json
from tests.events import Answer, create_event, invoke


def post_json(text: str, **options: object) -> Answer:
    query = urlencode({"mapping": "natural", **options})
    return invoke(json_to_xml, create_event("POST", f"/json2xml?{query}", text.encode()))


def post_xml(document: str, **options: object) -> Answer:
    query = urlencode({"mapping": "natural", **options})
    return invoke(xml_to_json, create_event("POST", f"/xml2json?{query}", document.encode()))


def test_losses_are_named_in_a_header_and_nothing_lost_is_no_header() -> None:
    assert post_xml("<p> a<b/><!--c--></p>").headers["Crosswalk-Loss"] == "order, whitespace, comments"
    assert post_json('[1,{"a":[]}]').headers["Crosswalk-Loss"] == "types, root, empty-lists"
    assert "Crosswalk-Loss" not in post_xml("<p><a/></p>").headers
    assert "Crosswalk-Loss" not in post_json('{"p":{"a":null}}').headers


def test_every_option_of_both_directions_goes_through_the_query() -> None:
    options = {"attribute_prefix": "$", "text_key": "%", "indent": 1}
    answer = post_xml('<p n="1"> <a/>1.0 </p>', **options, force_list="a", strip_whitespace="false", types="infer")
    assert answer.body.decode() == '{\n "p": {\n  "$n": 1,\n  "a": [\n   null\n  ],\n  "%": " 1.0 "\n }\n}'
    answer = post_json('[{"$n":1.0},[2]]', **options, root="list", item="li")
    assert answer.body.decode() == '<list>\n <li n="1.0"></li>\n <li>\n  <li>2</li>\n </li>\n</list>'
    assert post_xml('<p xmlns="u"/>', namespaces="expanded").json == {"u:p": {"@xmlns": {"": "u"}}}


def test_what_xml_cannot_carry_is_a_422_with_a_pointer() -> None:
    problem = post_json('{"a":{"b":["x",{"c d":1}]}}').json
    assert (problem["status"], problem["pointer"]) == (422, "/a/b/1/c d")


@pytest.mark.parametrize("options", [{"attribute_prefix": "a"}, {"text_key": "@x"}, {"force_list": "#text"}])
def test_an_option_that_would_be_ambiguous_is_a_400_that_names_it(options: dict[str, str]) -> None:
    answer = post_xml("<a/>", **options)
    assert answer.status == 400
    assert next(iter(options)) in answer.json["detail"]


def test_a_document_that_indentation_would_make_enormous_is_a_413() -> None:
    assert post_json("[" * 500 + "1," * 20_000 + "1" + "]" * 500, indent=8).status == 413


FEED = b'<rss version="2.0"><channel><item><t>a</t></item>\n<x/><item><t>b</t></item></channel></rss>'


def test_a_feed_becomes_a_line_for_each_record() -> None:
    answer = invoke(xml_to_json, create_event("POST", "/xml2json?lines=true&record=item", FEED))
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/jsonl"
    assert answer.headers["Crosswalk-Mapping"] == "natural"
    assert answer.headers["Crosswalk-Loss"] == "root, whitespace"
    assert answer.body == b'{"item":{"t":"a"}}\n{"item":{"t":"b"}}\n'


def test_lines_become_children_of_a_root() -> None:
    lines = b'{"item":{"t":"a"}}\r\n\n{"item":{"t":"b"}}\n'
    answer = invoke(json_to_xml, create_event("POST", "/json2xml?mapping=natural&lines=true&root=feed", lines))
    assert answer.body == b"<feed><item><t>a</t></item><item><t>b</t></item></feed>"


@pytest.mark.parametrize(("query", "parameter"), [("lines=true&indent=2", "indent"), ("record=a", "record")])
def test_what_goes_with_lines_and_what_does_not(query: str, parameter: str) -> None:
    answer = invoke(xml_to_json, create_event("POST", f"/xml2json?{query}", FEED))
    assert (answer.status, answer.json["parameter"]) == (400, parameter)


def test_lines_of_an_item_document_are_refused() -> None:
    answer = invoke(xml_to_json, create_event("POST", "/xml2json?lines=true", b'<ITEM type="list" />'))
    assert (answer.status, answer.json["parameter"]) == (400, "lines")
