"""Who may import whom: the architecture, as a check."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers/shared"

PACKAGES = ("crosswalk", "functions", "local", "tests", "benchmarks", "deploy")

HTTP = ("crosswalk.http.handler", "crosswalk.http.middleware", "crosswalk.http.parameters", "crosswalk.http.problems")
CONVERTER = (*HTTP, "crosswalk.http.documents", "crosswalk.http.options", "crosswalk.converter")
CONVERSIONS = (*HTTP, "crosswalk.http.conversions", "crosswalk.conversions", "crosswalk.errors")
USERS = (*HTTP, "crosswalk.http.users", "crosswalk.users")

# A module of ours, by prefix, and the only modules of ours that it may import beside itself and what it contains.
ALLOWED = {
    "crosswalk.errors": (),
    "crosswalk.settings": (),
    "crosswalk.telemetry": (),
    "crosswalk.terminal": (),
    "crosswalk.files": (),
    "crosswalk.__main__": ("crosswalk.converter", "crosswalk.errors", "crosswalk.files", "crosswalk.terminal"),
    "crosswalk.converter": ("crosswalk.errors",),
    "crosswalk.http.handler": (*HTTP, "crosswalk.errors", "crosswalk.settings", "crosswalk.telemetry"),
    "crosswalk.http.problems": ("crosswalk.http.parameters", "crosswalk.errors", "crosswalk.telemetry"),
    "crosswalk.http.middleware": ("crosswalk.http.problems", "crosswalk.settings", "crosswalk.telemetry"),
    "crosswalk.http.parameters": ("crosswalk.errors",),
    "crosswalk.http.options": ("crosswalk.http.parameters",),
    "crosswalk.http.documents": ("crosswalk.converter", "crosswalk.errors", "crosswalk.telemetry"),
    "crosswalk.http.conversions": ("crosswalk.http.options", "crosswalk.converter", "crosswalk.errors"),
    "crosswalk.http.users": (),
    "crosswalk.conversions.storage": ("crosswalk.errors", "crosswalk.settings"),
    "crosswalk.conversions.state": ("crosswalk.conversions.storage", "crosswalk.errors", "crosswalk.settings"),
    "crosswalk.conversions.transfer": ("crosswalk.conversions.storage", "crosswalk.converter", "crosswalk.errors"),
    "crosswalk.conversions.fleet": ("crosswalk.conversions.transfer",),
    "crosswalk.login": ("crosswalk.settings",),
    "crosswalk.database": ("crosswalk.errors", "crosswalk.login", "crosswalk.settings", "crosswalk.telemetry"),
    "crosswalk.migrations": ("crosswalk.login", "crosswalk.settings"),
    "crosswalk.users": ("crosswalk.database", "crosswalk.errors"),
    "functions.json_to_xml": CONVERTER,
    "functions.xml_to_json": CONVERTER,
    "functions.create_conversion": (*CONVERSIONS, "crosswalk.settings"),
    "functions.get_conversion": (*CONVERSIONS, "crosswalk.settings"),
    "functions.convert_upload": (
        *("crosswalk.conversions", "crosswalk.converter", "crosswalk.errors"),
        *("crosswalk.http.problems", "crosswalk.settings", "crosswalk.telemetry"),
    ),
    "functions.convert_object": (
        *("crosswalk.conversions", "crosswalk.errors", "crosswalk.http.conversions"),
        *("crosswalk.http.problems", "crosswalk.settings", "crosswalk.telemetry"),
    ),
    "functions.get_user": USERS,
    "functions.save_user": USERS,
    "functions.delete_user": USERS,
    "functions.list_users": (*USERS, "crosswalk.errors"),
    "functions.health": (*HTTP, "crosswalk.database", "crosswalk.settings"),
    "functions.migrate_database": ("crosswalk.migrations", "crosswalk.settings", "crosswalk.telemetry"),
    "functions.request_migration": (),
    "functions.purge_users": ("crosswalk.users", "crosswalk.database", "crosswalk.settings", "crosswalk.telemetry"),
    "local.host": (),  # it would run any SAM template
    "benchmarks": ("crosswalk", "functions", "local", "deploy.python"),
    "tests": ("crosswalk", "functions", "local", "deploy"),
}
SOURCES = sorted(
    [
        *LAYER.glob("crosswalk/**/*.py"),
        *ROOT.glob("functions/*/*.py"),
        *ROOT.glob("local/host/*.py"),
        *ROOT.glob("benchmarks/**/*.py"),
        *ROOT.glob("tests/**/*.py"),
    ]
)


def name_module(path: Path) -> str:
    parts = path.relative_to(LAYER if LAYER in path.parents else ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def list_own_imports(path: Path) -> set[str]:
    """What a module imports when it runs; what it needs for its types alone does not count."""
    tree = ast.parse(path.read_text())
    tree.body = [node for node in tree.body if not is_for_types(node)]
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= (
                {f"{node.module}.{alias.name}" for alias in node.names} if node.module in PACKAGES else {node.module}
            )
    return {name for name in names if name.split(".")[0] in PACKAGES}


@pytest.mark.parametrize("path", SOURCES, ids=name_module)
def test_a_module_imports_only_what_the_design_allows(path: Path) -> None:
    module = name_module(path)
    if module in ("crosswalk", "crosswalk.http", "crosswalk.conversions"):
        assert not list_own_imports(path)
        return
    prefix = next(prefix for prefix in ALLOWED if f"{module}.".startswith(f"{prefix}."))
    allowed = (prefix, *ALLOWED[prefix])
    for name in list_own_imports(path):
        assert any(f"{name}.".startswith(f"{permitted}.") for permitted in allowed), f"{module} imports {name}"


@pytest.mark.parametrize("function", ["json_to_xml", "xml_to_json"])
def test_a_converter_function_never_loads_the_database_driver_or_the_aws_sdk(function: str) -> None:
    program = f"""
import json, sys
from functions.{function}.app import handler
from tests.events import invoke
answer = invoke(handler, json.load(open("events/{function}.json")))
assert answer.status == 200, answer
unwanted = {{"psycopg", "psycopg_binary", "botocore", "boto3", "smart_open"}}
loaded = {{name.split(".")[0] for name in sys.modules}} & unwanted
assert not loaded, loaded
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{LAYER}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
