"""The command line: converts a document of any size, from a file or standard input, plain or in gzip.

python -m crosswalk to-xml big.json -o big.xml
python -m crosswalk to-json feed.xml.gz --mapping natural --lines --record item > feed.jsonl
"""

import argparse
import os
import signal
import sys
from threading import RLock
from typing import Any, BinaryIO, cast

from crosswalk.converter import Summary, convert_stream
from crosswalk.errors import CrosswalkError, DocumentError
from crosswalk.files import open_source, open_target
from crosswalk.terminal import show

# Here rather than where they are used: Python can lose a signal that comes while it imports.
try:
    from tqdm import tqdm
    from tqdm.utils import CallbackIOWrapper
except ImportError:
    tqdm = None  # type: ignore[assignment, misc]
else:
    tqdm.set_lock(RLock())  # it would import much more to make one of its own

UNITS = ("B", "KB", "MB", "GB", "TB")


def main(arguments: list[str] | None = None) -> int:
    """Convert as the arguments say; the exit status: 0, or 1 where the document or the files made it impossible."""
    if not sys.stderr:  # it was closed; without one Python prints to standard output
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    given = vars(create_parser().parse_args(arguments))
    source, output, to = given.pop("file"), given.pop("output"), given.pop("to")
    packed = given.pop("gzip") or output.endswith(".gz")
    options = {name: value for name, value in given.items() if value is not None}
    try:
        with open_source(source) as reading, open_target(output, packed) as target:
            summary = convert_stream(follow(reading), target, to, **options)
    except BrokenPipeError:  # whoever reads what comes out has seen enough
        return 1
    except CrosswalkError as error:
        return complain("standard input" if source == "-" else source, describe(error))
    except OSError as error:
        return complain(error.filename, error.strerror or str(error))
    report(summary)
    return 0


def create_parser() -> argparse.ArgumentParser:
    """What the command line takes. An option that is not given is left to the converter."""
    parser = argparse.ArgumentParser(prog="crosswalk", description="Convert documents of any size.")
    commands = parser.add_subparsers(dest="to", required=True, metavar="{to-xml,to-json}")
    to_xml = commands.add_parser("to-xml", help="convert a JSON document to XML")
    to_json = commands.add_parser("to-json", help="convert an XML document to JSON")
    switch: dict[str, Any] = {"action": "store_true", "default": None}
    flag: dict[str, Any] = {"action": "store_false", "default": None}
    mappings = ["item", "natural", "xpath", "jsonml"]
    to_xml.add_argument("--mapping", choices=mappings, help="the rules to convert by (item)")
    to_json.add_argument("--mapping", choices=["auto", *mappings], help="the rules to convert by (auto)")
    for command, to in ((to_xml, "xml"), (to_json, "json")):
        command.set_defaults(to=to)
        command.add_argument("file", nargs="?", default="-", metavar="FILE", help="the document (standard input)")
        command.add_argument("-o", "--output", default="-", metavar="FILE", help="the result (standard output)")
        command.add_argument("--gzip", action="store_true", help="pack the result, as for a FILE that ends in .gz")
        command.add_argument("--attribute-prefix", metavar="TEXT", help="natural: what begins an attribute's member")
        command.add_argument("--text-key", metavar="TEXT", help="natural: the member for an element's text")
    to_xml.add_argument("--indent", type=int, metavar="N", help="spaces for each level, 0 to 8")
    to_xml.add_argument("--lines", help="natural: the document is JSON Lines", **switch)
    to_xml.add_argument("--root", metavar="NAME", help="natural: the root element, where the document gives none")
    to_xml.add_argument("--item", metavar="NAME", help="natural: elements for what stands in a list without a name")
    to_xml.add_argument("--no-escape", dest="escape", help="xpath: escape nothing", **flag)
    to_xml.add_argument("--duplicates", metavar="HOW", help="xpath: reject, use-first or retain members of one name")
    to_json.add_argument(
        "--force-list", type=split_names, metavar="NAMES", help="natural: elements that are always lists"
    )
    to_json.add_argument(
        *("--keep-whitespace",),
        dest="strip_whitespace",
        action="store_false",
        default=None,
        help="natural: strip nothing",
    )
    to_json.add_argument("--lines", help="natural: write JSON Lines, one for each record", **switch)
    to_json.add_argument("--record", metavar="NAME", help="natural: the elements that are records, with --lines")
    to_json.add_argument("--namespaces", choices=["prefixed", "expanded"], help="natural: how names are written")
    to_json.add_argument("--types", choices=["strings", "infer"], help="natural: what texts become")
    return parser


def split_names(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def follow(source: BinaryIO) -> BinaryIO:
    """The same source with a bar of how much has been read, on a terminal, where tqdm is installed."""
    if tqdm is None:
        return source
    size = os.fstat(source.fileno()).st_size if source.seekable() else None
    bar = tqdm(total=size, unit="B", unit_scale=True, disable=None, delay=0.5)
    return cast(BinaryIO, CallbackIOWrapper(bar.update, source, "read"))


def format_bytes(count: float) -> str:
    """A number of bytes as people say it: `4.1 MB`."""
    for unit in UNITS:
        if count < 1000 or unit == UNITS[-1]:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("the last unit takes any number")


def describe(error: CrosswalkError) -> str:
    """The problem and its place, in one line."""
    places = []
    if isinstance(error, DocumentError):
        if error.place:
            places.append("line {}, column {}".format(*error.place))
        places += [place for place in (error.path, error.pointer) if place]
    return f"{'; '.join(places)}: {error.detail}" if places else error.detail


def complain(name: str | None, what: str) -> int:
    """Say what is wrong, with the file's name if it is known: of a full disk it is not."""
    print(show(f"crosswalk: {name}: {what}" if name else f"crosswalk: {what}"), file=sys.stderr)
    return 1


def report(summary: Summary) -> None:
    """Say on a terminal what became of the document; what was lost, in any case."""
    if sys.stderr.isatty():
        sizes = f"{format_bytes(summary.bytes_in)} in, {format_bytes(summary.bytes_out)} out"
        print(f"crosswalk: {sizes}, mapping {summary.mapping}", file=sys.stderr)
    if summary.losses:
        print(f"crosswalk: lost: {', '.join(summary.losses)}", file=sys.stderr)


def end_on_signals() -> None:
    """Have signals end the program as an error does, without half a file left behind. What is ignored stays so."""
    for name in ("SIGHUP", "SIGINT", "SIGTERM"):
        number = getattr(signal, name, None)  # not every system has them all
        if number and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, frame: sys.exit(128 + number))


if __name__ == "__main__":
    end_on_signals()
    sys.exit(main())
