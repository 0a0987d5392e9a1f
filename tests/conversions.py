"""Runs a mapping's function on a document that is at hand."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from crosswalk.converter.json_text import write_json
from crosswalk.converter.limits import BoundedWrite

Converted = tuple[str, tuple[str, ...]]


def run(convert: Callable[..., tuple[str, ...]], document: str | bytes, **options: Any) -> Converted:
    """What `convert` writes, as text, and its losses. An unpaired surrogate in the document becomes a JSON escape."""
    source = document.encode("utf-8", "backslashreplace") if isinstance(document, str) else document
    written = BytesIO()
    losses = convert(BytesIO(source), BoundedWrite(written.write), **options)
    return written.getvalue().decode(), losses


def to_json(value: Any, indent: int = 0) -> str:
    """The JSON text of a value that `parse_json` makes."""
    written = BytesIO()
    write_json(value, written.write, indent)
    return written.getvalue().decode()
