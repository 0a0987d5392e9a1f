"""The layer as its Makefile builds it, for both processors; pip fetches the wheels."""

import os
import struct
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from deploy.python import find_python
from deploy.stack import DeployError

MACHINES = {"x86_64": 62, "arm64": 183}  # e_machine in an ELF header
UNCHECKED_HASH = 0b01  # of the flags word in a .pyc (PEP 552): named by its source's hash, never compared with it
MEGABYTE = 1_000_000


@pytest.fixture(scope="module", params=MACHINES)
def layer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The processor, and the folder that becomes /opt/python."""
    folder = tmp_path_factory.mktemp("layer")
    scratch = copytree("layers/shared", folder / "scratch", ignore=ignore_patterns("__pycache__"))
    variables = {"ARTIFACTS_DIR": str(folder), "ARCHITECTURE": request.param, "PYTHON": sys.executable}
    with suppress(DeployError):  # then it says so
        variables["PYTHON313"] = find_python()
    command = ["make", "--silent", "build-SharedLayer"]
    done = subprocess.run(
        command, cwd=scratch, env={**os.environ, **variables}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    (folder / "output").write_text(done.stdout)
    return request.param, folder / "python"


def test_every_compiled_wheel_is_for_the_functions_processor_and_python(layer: tuple[str, Path]) -> None:
    architecture, folder = layer
    extensions = list(folder.rglob("*.so*"))
    assert len(extensions) > 10
    for path in extensions:
        assert struct.unpack_from("<H", path.read_bytes(), 18) == (MACHINES[architecture],), path
    assert all(".cpython-313-" in path.name for path in extensions if ".cpython-" in path.name)


def test_the_layer_has_neither_tests_nor_tools_nor_what_the_runtime_brings(layer: tuple[str, Path]) -> None:
    names = {path.name for path in layer[1].rglob("*") if path.is_dir()}
    assert names.isdisjoint({"bin", "boto3", "botocore", "pip", "setuptools", "tests", "urllib3"})
    assert (layer[1] / "crosswalk" / "converter" / "__init__.py").exists()


def test_bytecode_is_never_compared_with_its_source(layer: tuple[str, Path]) -> None:
    for path in layer[1].rglob("*.pyc"):
        assert struct.unpack_from("<I", path.read_bytes(), 4) == (UNCHECKED_HASH,), path


def test_a_layer_without_bytecode_says_so_and_any_other_does_not(layer: tuple[str, Path]) -> None:
    complaint = "the layer holds no bytecode" in (layer[1].parent / "output").read_text()
    assert complaint == (not any(layer[1].rglob("*.pyc")))


def test_the_layer_is_at_most_20_megabytes_zipped(layer: tuple[str, Path], tmp_path: Path) -> None:
    archive = tmp_path / "layer.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in layer[1].rglob("*"):
            target.write(path, path.relative_to(layer[1].parent))
    assert archive.stat().st_size <= 20 * MEGABYTE
