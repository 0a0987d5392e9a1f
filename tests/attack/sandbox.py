"""Converts one document in a child process that may do nothing else, and tells what it took.

The child is forked from this process, so that it has imported everything. It cannot open a file or a socket, since no
number is left for one, and Python's audit hook names whatever it tries. Memory and processor time are limited, too.
"""

import codecs
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from encodings.aliases import aliases
from io import BytesIO
from typing import Any

from crosswalk.converter import convert_json_to_xml, convert_stream, convert_xml_to_json
from crosswalk.errors import CrosswalkError
from tests.attack.hostile import Family

MEBIBYTE = 1024 * 1024
MEMORY = 3072 * MEBIBYTE
"""Bytes of address space; what goes beyond half of the template's memory is a finding long before."""
SECONDS = 60
Convert = Callable[[bytes], object]
FORBIDDEN = ("open", "socket.", "subprocess.", "os.", "shutil.", "ctypes.", "urllib.", "ftplib.", "http.")


@dataclass(frozen=True)
class Measured:
    """What a conversion took: seconds of the processor, bytes of memory at its peak, and what it tried to reach.

    outcome: `converted`, the type of one of our errors, or whatever else ended it.
    """

    outcome: str
    seconds: float
    memory: int
    reached: tuple[str, ...] = ()

    @property
    def is_answered(self) -> bool:
        return self.outcome == "converted" or self.outcome in ERRORS


ERRORS = {"MalformedDocument", "UnsafeDocument", "InexpressibleDocument", "DocumentTooLarge"}


def convert_whole(to: str, mapping: str, **options: Any) -> Convert:
    convert = convert_json_to_xml if to == "xml" else convert_xml_to_json
    return lambda document: convert(document, mapping, **options)


def convert_as_stream(to: str, mapping: str, **options: Any) -> Convert:
    """The result is thrown away, as a client takes it."""

    def convert(document: bytes) -> object:
        with Nowhere() as nowhere:
            return convert_stream(BytesIO(document), nowhere, to=to, mapping=mapping, **options)

    return convert


class Nowhere(BytesIO):
    def write(self, data: Any) -> int:
        return len(data)


def import_everything(*ways: Convert) -> None:
    """What Python imports only when it is used first, such as codecs: a child could not any more."""
    for name in set(aliases.values()):
        with suppress(LookupError):
            codecs.lookup(name)
    for convert in ways:
        for document in (b"[0]", b"<a/>", b'<ITEM type="null" />', b"<"):
            _convert(convert, document)


def measure(convert: Convert, family: Family, size: int) -> Measured:
    """Make the family's document of this size in a child, and convert it there."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _convert_and_exit(convert, family, size, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status, usage = os.wait4(child, 0)
    memory = usage.ru_maxrss * 1024
    if not told:
        signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        return Measured(f"died of signal {signal}", usage.ru_utime + usage.ru_stime, memory)
    values = json.loads(told)
    return Measured(values["outcome"], values["seconds"], memory, tuple(values["reached"]))


def _convert_and_exit(convert: Convert, family: Family, size: int, writing: int) -> None:
    """Never returns: a child must not go on with its parent's work."""
    reached: list[str] = []
    try:
        document = family(size)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
        watching = True

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            if watching and event.startswith(FORBIDDEN):
                reached.append(f"{event} {arguments[:1]}"[:200])

        sys.addaudithook(watch)
        started = time.process_time()
        outcome = _convert(convert, document)
        seconds = time.process_time() - started
        watching = False
        os.write(writing, json.dumps(asdict(Measured(outcome, seconds, 0, tuple(reached)))).encode())
    finally:
        os._exit(0)


def _convert(convert: Convert, document: bytes) -> str:
    try:
        convert(document)
    except CrosswalkError as error:
        return type(error).__name__
    except BaseException as error:  # whatever it is, it is a finding, and the child's last words
        return f"{type(error).__module__}.{type(error).__qualname__}"
    return "converted"
