"""The README, held against the program: its routes, its examples, its files and its length."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from crosswalk.converter import json_to_xml as convert
from functions.json_to_xml import app as json_to_xml
from local.host.template import read_template
from tests.events import create_event, invoke

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_route_table_is_the_templates() -> None:
    row = re.compile(r"^\| `([A-Z]+) (/[\w/{}]+).*\[\w+\]\(functions/(\w+)/app\.py\) \|$", re.MULTILINE)
    routes = read_template(ROOT / "template.yaml").routes
    assert set(row.findall(README)) == {
        (route.method, route.path, route.function.name) for route in routes if route.method != "OPTIONS"
    }


def test_the_first_example_answers_what_it_shows() -> None:
    command, answer = re.findall(r"^\$ (curl -s localhost:3000/json2xml .*)\n(.*)$", README, re.MULTILINE)[0]
    arguments = shlex.split(command)
    body = arguments[arguments.index("--data-binary") + 1]
    shown = invoke(json_to_xml.handler, create_event("POST", "/json2xml", body.encode()))
    assert shown.body.decode() == answer


@pytest.mark.parametrize("mapping", ["item", "natural", "xpath", "jsonml"])
def test_the_mapping_table_shows_what_each_mapping_writes(mapping: str) -> None:
    document, xml = re.findall(rf"^\| `{mapping}`.*\| `([^`]+)` \| `([^`]+)` \|$", README, re.MULTILINE)[0]
    assert convert(document.encode(), mapping).decode() == xml


def test_the_python_example_runs() -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    exec(example, {})


def test_every_file_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_make_target_it_names_is_there() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in re.findall(r"\bmake ([a-z][a-z-]*)", README):
        assert f"make {target} " in listed, target


def test_it_can_be_read_in_a_few_minutes() -> None:
    assert 90 <= len(README.splitlines()) <= 130
