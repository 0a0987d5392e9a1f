"""site/openapi.json and site/api.html are generated, complete, and hold what the converter and the template hold."""

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from crosswalk.converter.mappings import TO_JSON, TO_XML, Converter
from crosswalk.http.documents import LIMIT
from deploy.api_examples import THROTTLED, Call, write_problem
from deploy.api_page import write_command, write_page
from deploy.openapi import FILE, PAGE, ROOT, write_document
from functions.create_conversion.app import handler as create_conversion
from functions.json_to_xml.app import handler as json_to_xml
from functions.xml_to_json.app import handler as xml_to_json
from local.host.intrinsics import load_yaml
from local.host.template import read_template
from tests.events import Handler, create_event, invoke
from tests.storage import use_bucket

DOCUMENT: dict[str, Any] = json.loads(FILE.read_text())
DIRECTIONS = pytest.mark.parametrize(("path", "converters"), [("/json2xml", TO_XML), ("/xml2json", TO_JSON)])


def list_parameters(path: str) -> dict[str, Any]:
    return {parameter["name"]: parameter for parameter in DOCUMENT["paths"][path]["post"]["parameters"]}


def list_options(converters: Mapping[str, Converter]) -> dict[str, inspect.Parameter]:
    """The keyword parameters of all mappings in one direction."""
    signatures = [inspect.signature(convert) for convert in converters.values()]
    return {
        name: parameter
        for signature in signatures
        for name, parameter in signature.parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def test_the_file_is_what_the_routers_say() -> None:
    assert FILE.read_text() == write_document(), "site/openapi.json is stale: make openapi"


def test_every_route_of_the_template_is_described_and_no_other() -> None:
    routes = {(route.path, route.method.lower()) for route in read_template(ROOT / "template.yaml").routes}
    described = {(path, method) for path, operations in DOCUMENT["paths"].items() for method in operations}
    assert described == {(path, method) for path, method in routes if method != "options"}


@DIRECTIONS
def test_the_parameters_are_the_options_of_all_mappings(path: str, converters: Mapping[str, Converter]) -> None:
    assert set(list_parameters(path)) == {"mapping", *list_options(converters)}
    assert [name for name in list_parameters(path)["mapping"]["schema"]["enum"] if name != "auto"] == list(converters)


@DIRECTIONS
def test_the_defaults_are_the_converters_own(path: str, converters: Mapping[str, Converter]) -> None:
    described = {name: parameter["schema"].get("default") for name, parameter in list_parameters(path).items()}
    for name, parameter in list_options(converters).items():
        assert described[name] == (parameter.default if parameter.default != () else "")


@DIRECTIONS
def test_every_option_says_which_mapping_it_is_for(path: str, converters: Mapping[str, Converter]) -> None:
    for name in set(list_parameters(path)) - {"mapping", "indent"}:
        takers = [mapping for mapping, convert in converters.items() if name in inspect.signature(convert).parameters]
        assert [list_parameters(path)[name]["description"].partition(":")[0]] == takers


@DIRECTIONS
def test_every_option_lists_the_mappings_that_take_it(path: str, converters: Mapping[str, Converter]) -> None:
    for name in set(list_parameters(path)) - {"mapping"}:
        takers = [mapping for mapping, convert in converters.items() if name in inspect.signature(convert).parameters]
        assert list_parameters(path)[name]["x-mappings"] == takers


def test_an_email_is_described_as_one_and_a_cursor_as_not_empty() -> None:
    for operation in DOCUMENT["paths"]["/user"].values():
        assert operation["parameters"][0]["schema"]["format"] == "email"
    after = DOCUMENT["paths"]["/users"]["get"]["parameters"][2]["schema"]
    assert (after["type"], after["minLength"]) == ("string", 1)


def test_every_reference_leads_somewhere() -> None:
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', FILE.read_text()):
        target: Any = DOCUMENT
        for part in reference.split("/"):
            target = target[part]
        assert target


def test_every_problem_is_described_once() -> None:
    for operations in DOCUMENT["paths"].values():
        for operation in operations.values():
            problems = {status: answer for status, answer in operation["responses"].items() if status > "399"}
            assert {"400", "default"} <= problems.keys()
            for problem in problems.values():
                assert problem["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }


def test_exactly_the_user_routes_and_conversions_need_a_signature() -> None:
    signed = {path for path, operations in DOCUMENT["paths"].items() for of in operations.values() if "security" in of}
    assert signed == {"/conversions", "/conversions/{id}", "/user", "/users"}


def read_operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
    ]


def cut_section(operation: dict[str, Any]) -> str:
    """The part of the page that is about an operation."""
    return PAGE.read_text().partition(f'<section id="{operation["operationId"]}">')[2].partition("</section>")[0]


def test_the_page_is_what_the_document_says() -> None:
    assert PAGE.read_text() == write_page(DOCUMENT, ROOT / "events"), "site/api.html is stale: make openapi"


def test_the_page_has_every_route_with_its_parameters_answers_and_a_command() -> None:
    for path, method, operation in read_operations():
        section = cut_section(operation)
        assert f"<b>{method.upper()}</b> {path}" in section
        assert f"$API{path.partition('{')[0]}" in section
        for parameter in operation.get("parameters", []):
            assert f'<th scope="row"><code>{parameter["name"]}</code></th>' in section
        for status in operation["responses"]:
            assert f"<h3>{'Others' if status == 'default' else status} " in section


def test_the_page_has_an_example_of_every_problem() -> None:
    for _, _, operation in read_operations():
        problems = [answer for answer in operation["responses"].values() if "application/problem+json" in str(answer)]
        assert cut_section(operation).count("urn:problem-type:crosswalk:") == len(problems)


@pytest.mark.parametrize(
    ("operation", "handler", "target", "body"),
    [
        ("json_to_xml", json_to_xml, "/json2xml", b" " * (LIMIT + 1)),
        ("xml_to_json", xml_to_json, "/xml2json", b" " * (LIMIT + 1)),
        ("create_conversion", create_conversion, "/conversions?to=xml&bytes=5368709121", b""),
    ],
)
def test_the_example_of_a_413_is_what_the_service_answers(
    operation: str, handler: Handler, target: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with use_bucket(monkeypatch):
        answer = invoke(handler, create_event("POST", target, body))
    assert json.loads(write_problem(operation, "413")) == answer.json


def test_the_page_says_which_routes_are_signed_and_signs_their_commands() -> None:
    for _, _, operation in read_operations():
        signed = "security" in operation
        assert ("<i>signed</i>" in cut_section(operation)) == signed
        assert ("--aws-sigv4" in cut_section(operation)) == signed


def test_a_command_has_the_query_that_aws_signs() -> None:
    command = write_command("POST", Call("/conversions", {"to": "json", "force_list": "a *~"}), signed=True)
    assert '"$API/conversions?force_list=a%20%2A~&to=json"' in command


def test_the_page_tells_of_throttling_as_the_template_words_it() -> None:
    responses = load_yaml(ROOT / "template.yaml")["Resources"]["Api"]["Properties"]["GatewayResponses"]
    [text] = responses["THROTTLED"]["ResponseTemplates"].values()
    assert json.loads(text) == THROTTLED
