r"""Writes the JSON of the trees that a TreeReader builds: as a document, or each as a line.

[[{"a":"x"}],\n[{"b":["y",\n"z"]}]]     the json module, of two lists of one tree each, with commas that end a line
{"a":"x"}\n{"b":["y",\n"z"]}            "],\n[" stands between trees only: no list is a value of a list in them
{"a":"x"}\n{"b":["y","z"]}              and only the line ends between trees are left: in strings there are none
"""

from collections.abc import Callable
from json import JSONEncoder
from typing import Any

from crosswalk.converter.json_text import append_json, write_json
from crosswalk.converter.natural.reader import ENCODED_DEPTH, Members, TreeReader
from crosswalk.converter.output import TextOutput

Encode = Callable[[Any], str]

# The json module writes all at once: characters of namespaces that may stand in expanded names.
MAX_REPETITION = 1 << 20

_encode: Encode = JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_encode_in_lines: Encode = JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",\n", ":")).encode


def write_tree(reader: TreeReader, write: Callable[[bytes], object], indent: int = 0) -> None:
    """Read a document, and write its JSON: all at once where that is fast and small, or else as it comes about."""
    tree = reader.read()
    if indent or not _is_encoded(reader):
        write_json(tree, write, indent)
    else:
        json = _encode(tree)
        del tree  # what comes next needs memory, too
        write(json.encode())


def _is_encoded(reader: TreeReader) -> bool:
    """Whether the json module may write the reader's last tree. It would make strings of numbers that are verbatim."""
    return not reader.has_numbers and reader.depth <= ENCODED_DEPTH and reader.repetition <= MAX_REPETITION


class LineWriter:
    """Writes trees as lines, many at once: to begin takes longer than to write a small tree."""

    TREES = 64

    def __init__(self, reader: TreeReader, write: Callable[[bytes], object]) -> None:
        self._reader = reader
        self._write = write
        self._trees: list[list[Members]] = []  # for the json module
        self._repetition = 0
        self._output = TextOutput(write)  # of others; one of the two is empty

    def write(self, tree: Members) -> None:
        """Write the reader's last tree, now or later."""
        if not _is_encoded(self._reader):
            self._finish_trees()
            append_json(tree, self._output)
            self._output.append("\n")
            return
        if self._output:
            self._output.finish()
        self._trees.append([tree])
        self._repetition += self._reader.repetition
        if len(self._trees) == self.TREES or self._repetition > MAX_REPETITION:
            self._finish_trees()

    def finish(self) -> None:
        """Write what has not been written yet."""
        self._finish_trees()
        self._output.finish()

    def _finish_trees(self) -> None:
        if self._trees:
            lines = _encode_in_lines(self._trees)[2:-2].replace("],\n[", "\n").replace(",\n", ",")
            self._trees.clear()
            self._repetition = 0
            self._write(lines.encode() + b"\n")
