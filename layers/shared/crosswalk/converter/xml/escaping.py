"""What XML can hold, and how it is written: escaped text and attributes."""

import re

XML_SPACE = " \t\n\r"
"""XML's white space, and JSON's. Python's `strip()` alone would take NBSP and others for white space, too."""

# A character that no XML 1.0 document can hold, not even as a reference; an unpaired surrogate is one.
UNCARRIABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escape_text(text: str) -> str:
    """Character data: `&`, `<`, `>`, and CR, which would be read as LF."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "\r" in text:
        text = text.replace("\r", "&#13;")
    return text


def escape_attribute(value: str) -> str:
    """An attribute's value between double quotes, in which TAB, LF and CR would be read as spaces."""
    if "&" in value or "<" in value or ">" in value or "\r" in value:
        value = escape_text(value)
    if '"' in value:
        value = value.replace('"', "&quot;")
    if "\t" in value:
        value = value.replace("\t", "&#09;")
    if "\n" in value:
        value = value.replace("\n", "&#10;")
    return value
