"""POST /xml2json through its real handler."""

import pytest

from functions.xml_to_json.app import handler
from tests.events import Answer, create_event, invoke


def post(body: bytes, query: str = "") -> Answer:
    return invoke(handler, create_event("POST", f"/xml2json?{query}", body))


@pytest.mark.parametrize(
    ("document", "mapping", "json"),
    [
        (b'<ITEM type="list" />', "item", b"[]"),
        (b"<?xml version='1.0'?><!-- x --><ITEM type='null'/>", "item", b"null"),
        (b'<map xmlns="http://www.w3.org/2005/xpath-functions"><null key="a"/></map>', "xpath", b'{"a":null}'),
        (b'<p:map xmlns:p="http://www.w3.org/2005/xpath-functions"/>', "xpath", b"{}"),
        (b'<ITEM type="other" />', "natural", b'{"ITEM":{"@type":"other"}}'),
        (b"<map/>", "natural", b'{"map":null}'),
        (b'<a b="1">c</a>', "natural", b'{"a":{"@b":"1","#text":"c"}}'),
    ],
)
def test_auto_recognizes_the_mapping_by_the_root_and_says_which(document: bytes, mapping: str, json: bytes) -> None:
    answer = post(document)
    assert (answer.status, answer.headers["Crosswalk-Mapping"], answer.body) == (200, mapping, json)
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "koi8-r"])
def test_documents_in_other_encodings_arrive_as_they_were_sent(encoding: str) -> None:
    word = "привет" if encoding == "koi8-r" else "café"
    name = encoding.removesuffix("-sig")
    document = f'<?xml version="1.0" encoding="{name}"?><a>{word}</a>'.encode(encoding)
    assert post(document).json == {"a": word}


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<a>",
        b"<a/>junk",
        b"<a/><b/>",
        b"<a>\x01</a>",
        b"<a>&nope;</a>",
        b'<!DOCTYPE a SYSTEM "x"><a b="1&nope;2"/>',
        b'<!DOCTYPE a SYSTEM "x"><a>&nope;</a>',
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>',
        b'<!DOCTYPE a [<!ATTLIST a b CDATA "c">]><a/>',
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/x">%p;]><a/>',
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b'<?xml version="1.0" encoding="unicode_escape"?><a/>',
        b'<?xml version="1.0" encoding="utf-16"?><a/>',
        b"<a>\xff</a>",
        b"<p:a/>",
    ],
)
def test_malformed_and_hostile_documents_are_a_400(document: bytes) -> None:
    answer = post(document)
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_doctype_without_internal_subset_is_tolerated() -> None:
    assert post(b'<!DOCTYPE a PUBLIC "-//X//Y" "http://127.0.0.1:9/never"><a/>').body == b'{"a":null}'


def test_a_document_that_the_mapping_cannot_carry_is_a_422_with_its_place() -> None:
    answer = post(b'<ITEM type="list">\n <ITEM type="integer" value="01"/></ITEM>')
    problem = answer.json
    assert answer.status == 422
    assert problem["type"] == "urn:problem-type:crosswalk:inexpressible-document"
    assert (problem["line"], problem["column"]) == (2, 2)


def test_an_option_of_another_mapping_is_a_400_that_names_it() -> None:
    answer = post(b"<a/>", "mapping=jsonml&force_list=b")
    assert (answer.status, answer.json["parameter"]) == (400, "force_list")


def test_indent_writes_pretty_json() -> None:
    assert post(b'<ITEM type="list"><ITEM type="null"/></ITEM>', "indent=1").body == b"[\n null\n]"


def test_force_list_takes_names_separated_by_commas() -> None:
    answer = post(b"<a><b/><c/><d/></a>", "mapping=natural&force_list=b,%20c")
    assert answer.json == {"a": {"b": [None], "c": [None], "d": None}}


@pytest.mark.parametrize("value", ["1", "yes", "True", ""])
def test_a_switch_is_true_or_false_and_nothing_else(value: str) -> None:
    answer = post(b"<a> b </a>", f"mapping=natural&strip_whitespace={value}")
    assert (answer.status, answer.json["parameter"]) == (400, "strip_whitespace")
    assert post(b"<a> b </a>", "mapping=natural&strip_whitespace=false").json == {"a": " b "}


@pytest.mark.parametrize(
    ("element", "code"), [(b"<null>x</null>", "FOJS0006"), (b'<string escaped="1">\\Q</string>', "FOJS0007")]
)
def test_errors_of_the_mapping_xpath_carry_the_code_of_its_specification(element: bytes, code: str) -> None:
    answer = post(b'<array xmlns="http://www.w3.org/2005/xpath-functions">\n' + element + b"</array>", "mapping=xpath")
    assert answer.status == 422
    assert answer.json["code"] == code
    assert (answer.json["line"], answer.json["column"]) == (2, 1)
    assert answer.json["path"].startswith("/array/")
