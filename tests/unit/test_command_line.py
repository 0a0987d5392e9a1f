"""The command line: files and standard input to files and standard output."""

import gzip
import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from crosswalk.converter import json_to_xml

ROOT = Path(__file__).parents[2]
JSON = b'{"a":[1.0,"x"]}'
XML = json_to_xml(JSON)
PYTHON = shlex.quote(sys.executable)


def run(
    *arguments: str | Path, document: bytes = b"", stdout: int | BinaryIO = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "crosswalk", *map(str, arguments)],
        input=document,
        env={"PYTHONPATH": str(ROOT / "layers/shared")},
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


def test_standard_input_becomes_standard_output() -> None:
    done = run("to-xml", document=JSON)
    assert (done.returncode, done.stdout, done.stderr) == (0, XML, b"")
    assert run("to-json", document=XML).stdout == JSON


def test_a_file_becomes_another(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(JSON)
    done = run("to-xml", tmp_path / "a.json", "-o", tmp_path / "a.xml")
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "a.xml").read_bytes() == XML
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.xml"]
    assert (tmp_path / "a.xml").stat().st_mode == (tmp_path / "a.json").stat().st_mode


def test_options_reach_the_mapping() -> None:
    done = run("to-json", "--mapping", "natural", "--force-list", "b", "--types", "infer", document=b"<a><b>1</b></a>")
    assert done.stdout == b'{"a":{"b":[1]}}'
    assert run("to-xml", "--indent", "2", document=b"[1]").stdout == json_to_xml(b"[1]", indent=2)


def test_losses_are_said() -> None:
    done = run("to-json", document=b"<a><!-- b --></a>")
    assert (done.returncode, done.stdout) == (0, b'{"a":null}')
    assert done.stderr == b"crosswalk: lost: comments\n"


def test_gzip_is_read_by_itself_and_written_when_asked_or_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(JSON))
    assert run("to-xml", tmp_path / "a").stdout == XML
    assert gzip.decompress(run("to-xml", tmp_path / "a", "--gzip").stdout) == XML
    run("to-xml", tmp_path / "a", "-o", tmp_path / "b.gz")
    assert gzip.decompress((tmp_path / "b.gz").read_bytes()) == XML
    assert (tmp_path / "b.gz").read_bytes() == run("to-xml", "--gzip", document=JSON).stdout  # no name, no time


def test_gzip_that_was_cut_short_by_a_problem_does_not_look_whole() -> None:
    written = run("to-xml", "--gzip", document=b"[" + b"1," * 200_000 + b"]").stdout
    assert written.startswith(b"\x1f\x8b")
    with pytest.raises(EOFError):
        gzip.decompress(written)


@pytest.mark.parametrize(("closed", "name"), [("<&-", b"input"), (">&-", b"output")])
def test_a_closed_stream_is_said(closed: str, name: bytes) -> None:
    command = f"{PYTHON} -m crosswalk to-xml {closed}"
    environment = {"PYTHONPATH": str(ROOT / "layers/shared")}
    done = subprocess.run(["sh", "-c", command], input=JSON, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"crosswalk: standard %s: It is closed\n" % name)


@pytest.mark.parametrize(("document", "result", "status"), [(JSON, XML, 0), (b"[1,", b"", 1)])
def test_where_nothing_can_be_said_the_result_is_alone(document: bytes, result: bytes, status: int) -> None:
    command = f"{PYTHON} -m crosswalk to-xml 2>&-"
    environment = {"PYTHONPATH": str(ROOT / "layers/shared")}
    done = subprocess.run(["sh", "-c", command], input=document, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (status, result)


def test_a_stream_that_does_not_wait_is_waited_for() -> None:
    """Standard input has nothing to read at first, and standard output is full until somebody reads."""
    document = b"[" + b",".join([b"1"] * 10_000) + b"]"
    (source, sending), (receiving, target) = os.pipe(), os.pipe()
    os.set_blocking(source, False)
    os.set_blocking(target, False)
    command = [sys.executable, "-m", "crosswalk", "to-xml"]
    environment = {"PYTHONPATH": str(ROOT / "layers/shared")}
    with subprocess.Popen(command, env=environment, stdin=source, stdout=target, stderr=subprocess.PIPE) as process:
        os.close(source)
        os.close(target)
        time.sleep(0.5)
        with open(sending, "wb") as file:
            file.write(document)
        time.sleep(0.5)
        with open(receiving, "rb") as file:
            assert file.read() == json_to_xml(document)
        assert (process.communicate()[1], process.returncode) == (b"", 0)


def test_a_problem_is_one_line_with_its_place_and_status_1() -> None:
    done = run("to-json", document=b'<ITEM type="list">\n <ITEM type="no"/></ITEM>')
    assert done.returncode == 1
    assert done.stderr.startswith(b"crosswalk: standard input: line 2, column 2; /ITEM/ITEM[1]: Only elements ITEM ")
    assert done.stderr.count(b"\n") == 1


def test_neither_document_nor_name_controls_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "\x1b]0;a\x07.json"
    path.write_bytes(b'{"\\u001b[2J\\n\\u202eb":1}')
    done = run("to-xml", "--mapping", "natural", path)
    assert done.returncode == 1
    assert rb"\x1b]0;a\x07.json: /\x1b[2J\n\u202eb: " in done.stderr
    assert done.stderr.decode().removesuffix("\n").isprintable()


def test_a_refused_document_leaves_the_output_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("before")
    done = run("to-xml", "-o", tmp_path / "out", document=b"[1,2")
    assert done.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_text() == "before"


def test_a_link_as_output_stays_and_leads_to_the_result(tmp_path: Path) -> None:
    (tmp_path / "here").symlink_to(tmp_path / "there")
    for number in (1, 2):  # to nothing, and to a file
        document = f"[{number}]".encode()
        assert run("to-xml", "-o", tmp_path / "here", document=document).returncode == 0
        assert (tmp_path / "here").is_symlink()
        assert (tmp_path / "there").read_bytes() == json_to_xml(document)


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    for permissions in (0o600, 0o664):
        (tmp_path / "out").chmod(permissions)
        assert run("to-xml", "-o", tmp_path / "out", document=JSON).returncode == 0
        assert (tmp_path / "out").stat().st_mode & 0o777 == permissions


def test_a_pipe_as_output_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["timeout", "10", "cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        assert run("to-xml", "-o", tmp_path / "pipe", document=JSON).returncode == 0
        assert reader.communicate()[0] == XML
    assert (tmp_path / "pipe").is_fifo()


def test_a_file_may_have_the_longest_name_there_is(tmp_path: Path) -> None:
    assert run("to-xml", "-o", tmp_path / ("x" * 255), document=JSON).returncode == 0
    assert (tmp_path / ("x" * 255)).read_bytes() == XML


@contextmanager
def begin(folder: Path, number: signal.Signals, action: signal.Handlers) -> Iterator[subprocess.Popen[bytes]]:
    """A conversion into a file of this folder, in the middle of `[1,2,`, started with this action for the signal."""
    process = subprocess.Popen(
        [sys.executable, "-m", "crosswalk", "to-xml", "-o", str(folder / "a.xml")],
        env={"PYTHONPATH": str(ROOT / "layers/shared")},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, action),  # whoever runs the tests may ignore it
    )
    with process:
        assert process.stdin
        process.stdin.write(b"[1,2,")
        process.stdin.flush()
        deadline = time.monotonic() + 10
        while not any(folder.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert any(folder.iterdir())
        yield process


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly_and_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    with begin(tmp_path, number, signal.SIG_DFL) as process:
        process.send_signal(number)
        assert process.wait(10) == 128 + number
        assert process.stderr
        assert process.stderr.read() == b""
    assert not any(tmp_path.iterdir())


LIST_LATE_IMPORTS = """
import runpy, sys
opened, late = [], []
def note(event, arguments):
    if event == "open" and ".crosswalk." in str(arguments[0]):
        opened.append(arguments[0])
    if event == "import" and opened:
        late.append(arguments[0])
sys.addaudithook(note)
try:
    runpy.run_module("crosswalk", run_name="__main__", alter_sys=True)
finally:
    print(bool(opened), late)
"""


@pytest.mark.parametrize("target", ["a.xml", "a.xml.gz"])
def test_nothing_is_imported_once_there_is_a_file_to_leave_behind(tmp_path: Path, target: str) -> None:
    """Python loses an exception, also one that a signal's handler raises, in some moments of an import."""
    done = subprocess.run(
        [sys.executable, "-c", LIST_LATE_IMPORTS, "to-xml", "-o", str(tmp_path / target)],
        input=JSON,
        env={"PYTHONPATH": str(ROOT / "layers/shared")},
        capture_output=True,
    )
    assert (done.returncode, done.stdout) == (0, b"True []\n")


def test_a_signal_that_is_ignored_does_not_end_it(tmp_path: Path) -> None:
    with begin(tmp_path, signal.SIGHUP, signal.SIG_IGN) as process:
        process.send_signal(signal.SIGHUP)
        process.communicate(b"3]", 10)
        assert process.returncode == 0
    assert (tmp_path / "a.xml").read_bytes() == json_to_xml(b"[1,2,3]")


@pytest.mark.parametrize("arguments", [["to-xml", "nowhere.json"], ["to-xml", "-o", "nowhere/a.xml"]])
def test_a_file_that_cannot_be_opened_is_named(arguments: list[str]) -> None:
    done = run(*arguments, document=JSON)
    assert done.returncode == 1
    assert b"nowhere" in done.stderr
    assert b".crosswalk" not in done.stderr
    assert done.stderr.endswith(b": No such file or directory\n")


def test_an_output_without_a_name_is_not_taken_for_the_working_folder() -> None:
    done = run("to-xml", "-o", "", document=JSON)
    assert (done.returncode, done.stderr) == (1, b"crosswalk: The output file has no name\n")


def test_a_full_disk_is_not_told_of_the_document(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(JSON)
    done = run("to-xml", tmp_path / "a.json", "-o", "/dev/full")
    assert (done.returncode, done.stderr) == (1, b"crosswalk: No space left on device\n")


def test_a_full_disk_is_said_of_standard_output_too() -> None:
    with open("/dev/full", "wb") as full:
        done = run("to-xml", document=JSON, stdout=full)
    assert (done.returncode, done.stderr) == (1, b"crosswalk: No space left on device\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_file_that_may_not_grow_is_not_cut_short_in_silence(tmp_path: Path, unbuffered: str) -> None:
    """The system takes a part of what it is given. Python's unbuffered streams leave it at that."""
    command = ["sh", "-c", f"ulimit -f 1; exec {PYTHON} -m crosswalk to-xml"]
    environment = {"PYTHONPATH": str(ROOT / "layers/shared"), "PYTHONUNBUFFERED": unbuffered}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"  # bytecode would be cut short as well, and stay
    document = b"[" + b",".join([b"1"] * 100) + b"]"
    with open(tmp_path / "a.xml", "wb") as result:
        done = subprocess.run(
            command, input=document, env=environment, stdout=result, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"crosswalk: File too large\n")


def test_a_reader_that_is_gone_ends_it_quietly() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = run("to-xml", document=JSON, stdout=theirs)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_reader_that_has_seen_enough_ends_it_quietly() -> None:
    program = f"{PYTHON} -m crosswalk to-xml | head -c 5"
    document = b"[" + b",".join([b"1"] * 500_000) + b"]"
    environment = {"PYTHONPATH": str(ROOT / "layers/shared"), "PATH": os.environ["PATH"]}
    done = subprocess.run(program, shell=True, input=document, env=environment, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"<ITEM", b"")


def test_a_terminal_is_told_the_sizes(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(JSON)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "crosswalk", "to-xml", "a.json", "-o", "a.xml"]
    subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT / "layers/shared")}, stderr=theirs, check=True)
    os.close(theirs)
    assert f"{len(JSON)} B in, {len(XML)} B out, mapping item" in os.read(ours, 10_000).decode()
    os.close(ours)


def test_records_become_lines_and_come_back() -> None:
    xml = b"<feed><entry>1</entry><entry>2</entry></feed>"
    lines = run("to-json", "--lines", document=xml).stdout
    assert lines == b'{"entry":"1"}\n{"entry":"2"}\n'
    assert run("to-xml", "--mapping", "natural", "--lines", "--root", "feed", document=lines).stdout == xml
    assert run("to-json", "--lines", "--record", "entry", document=xml).stdout == lines


def test_what_others_wrote_to_standard_output_stays(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(JSON)
    (tmp_path / "log").write_bytes(b"before\n")
    with open(tmp_path / "log", "ab") as log:
        assert run("to-xml", tmp_path / "a.json", "-o", "/dev/stdout", stdout=log).returncode == 0
    assert (tmp_path / "log").read_bytes() == b"before\n" + XML
