"""Opens what the command line is told to read and to write: files, devices, pipes, standard input and output."""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from gzip import GzipFile
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, TextIO


def open_source(name: str) -> BinaryIO:
    """The document to read; `-` is standard input."""
    if name == "-":
        return open(get_descriptor(sys.stdin, "standard input"), "rb", closefd=False)
    return open(name, "rb")


@contextmanager
def open_target(name: str, packed: bool) -> Iterator[BinaryIO]:
    """Where to write, in gzip if it is to be packed; `-` is standard output."""
    with open_output(name) as file:
        if packed:
            # Without a name, which would be the temporary one, and without a time: one document is always packed alike.
            target = GzipFile(filename="", fileobj=file, mode="wb", mtime=0)
            try:
                yield target  # type: ignore[misc]  # it can be written to
            except BaseException:
                # Else it would write its end sometime, and what was cut short would look whole.
                target.fileobj = None  # type: ignore[assignment]
                raise
            target.close()
        else:
            yield file


def get_descriptor(stream: TextIO | None, name: str) -> int:
    """The number of a standard stream, which is waited for, also where whoever began this does not wait for it."""
    if stream is None:  # it was closed when Python began
        raise OSError(errno.EBADF, "It is closed", name)
    if os.name == "posix":
        os.set_blocking(stream.fileno(), True)
    return stream.fileno()


def open_output(name: str) -> AbstractContextManager[BinaryIO]:
    """A file appears under its name only when it is whole. A device or a pipe is written to, and never replaced."""
    if name == "-" or is_standard_output(name):
        # Not Python's own stream: under -u it has no buffer, and nothing would notice that only a part was written.
        return open(get_descriptor(sys.stdout, "standard output"), "wb", closefd=False)
    if not name:  # it would stand for the working folder
        raise FileNotFoundError(errno.ENOENT, "The output file has no name")
    mode = find_mode(name)
    if mode is None:
        return replace_when_whole(name, choose_permissions())
    if stat.S_ISREG(mode):
        return replace_when_whole(name, mode & 0o777)
    return open(name, "wb")


def is_standard_output(name: str) -> bool:
    """Whether a name leads to where standard output goes, as /dev/stdout does. A file there may hold more than ours."""
    with suppress(OSError):
        return sys.stdout is not None and os.path.samestat(os.stat(name), os.fstat(sys.stdout.fileno()))
    return False


def find_mode(name: str) -> int | None:
    """The type and the permissions of what a name leads to; None if it leads to nothing."""
    with suppress(FileNotFoundError):
        return os.stat(name).st_mode
    return None


def choose_permissions() -> int:
    """The permissions of a new file. This process's umask can only be read by setting another one."""
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


@contextmanager
def replace_when_whole(name: str, permissions: int) -> Iterator[BinaryIO]:
    """A new file beside the one of this name, which takes its place at the end, or is removed if anything is raised.

    A link stays, and leads to the new file. Until it is whole, only its owner may read the file.
    """
    path = Path(os.path.realpath(name))
    temporary = path.with_name(f".crosswalk.{token_hex(8)}")  # known before there is one: a signal may come at any time
    try:
        with open_new(temporary, name) as file:
            yield file
        os.chmod(temporary, permissions)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def open_new(path: Path, name: str) -> BinaryIO:
    """A new file that only its owner may read. An error names the other file, for which it stands."""
    try:
        return open(path, "xb", opener=lambda file, flags: os.open(file, flags, 0o600))
    except OSError as error:
        error.filename = name
        raise
