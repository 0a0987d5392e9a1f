"""The encodings of XML: which are taken, what must agree, and where bytes are invalid."""

from io import BytesIO

import pytest

from crosswalk.converter import xml_to_json
from crosswalk.converter.sources import MAX_READ
from crosswalk.converter.xml import encoding
from crosswalk.converter.xml.encoding import ENCODINGS, XmlText
from crosswalk.errors import MalformedDocument
from tests.sources import Trickle

BOM = "\ufeff"


def declared(name: str, text: str = "", codec: str = "latin-1") -> bytes:
    return f'<?xml version="1.0" encoding="{name}"?><a>{text}</a>'.encode(codec)


def refuse(document: str | bytes) -> MalformedDocument:
    with pytest.raises(MalformedDocument) as caught:
        xml_to_json(document.encode() if isinstance(document, str) else document, "jsonml")
    return caught.value


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("<a>é😀</a>".encode(), "é😀"),
        (f"{BOM}<a>é</a>".encode(), "é"),
        (declared("UTF-8", "é", "utf-8"), "é"),
        (declared("utf-8", "é", "utf-8-sig"), "é"),
        (f"{BOM}<a>é😀</a>".encode("utf-16-le"), "é😀"),
        (f"{BOM}<a>é😀</a>".encode("utf-16-be"), "é😀"),
        (declared("UTF-16", "é", "utf-16"), "é"),
        (declared("UTF-16", "é", "utf-16-be"), "é"),
        (declared("UTF-16", "é", "utf-16-le"), "é"),
        (declared("US-ASCII", "x"), "x"),
        (declared("ISO-8859-1", "é\x85"), "é\x85"),
        (declared("iso-8859-5", "Ж", "iso8859-5"), "Ж"),
        (declared("ISO-8859-15", "€", "iso8859-15"), "€"),
        (declared("windows-1252", "€", "cp1252"), "€"),
        (declared("Windows-1251", "Ж", "cp1251"), "Ж"),
        (declared("KOI8-R", "Ж", "koi8-r"), "Ж"),
        (declared("UTF8", "é", "utf-8"), "é"),
        (declared("ASCII", "x"), "x"),
        (declared("latin1", "é"), "é"),
        (declared("Latin-9", "€", "iso8859-15"), "€"),
        (declared("ISO_8859-2", "ł", "iso8859-2"), "ł"),
        (declared("cp1252", "€", "cp1252"), "€"),
        (declared("UTF-16LE", "é", "utf-16-le"), "é"),
        (declared("utf-16be", "é", "utf-16-be"), "é"),
        (BOM.encode("utf-16-le") + declared("UTF-16LE", "é", "utf-16-le"), "é"),
        (b"<?xml\r\n version = '1.0'\tencoding='ISO-8859-1' standalone='yes' ?><a>\xe9</a>", "é"),
    ],
)
def test_the_mark_and_the_declaration_give_the_encoding(document: bytes, text: str) -> None:
    assert f"<a>{text}</a>" in XmlText(BytesIO(document)).read().decode()


@pytest.mark.parametrize(
    "name",
    ["latin11", "utf-8-sig", "utf_8", "utf-7", "utf-32", "utf-32le", "cp437", "iso-8859-12", "iso-8859-17",
     "unicode_escape", "raw_unicode_escape", "punycode", "idna", "hex", "rot13", "zlib", "mbcs", "undefined", "x"],
)  # fmt: skip
def test_an_encoding_that_is_not_on_the_list_is_malformed(name: str) -> None:
    assert "encoding must be" in refuse(declared(name)).detail


@pytest.mark.parametrize(
    "document",
    [
        declared("ISO-8859-1", "", "utf-8-sig"),
        declared("UTF-8", "", "utf-16"),
        declared("ISO-8859-1", "", "utf-16"),
        declared("UTF-16", ""),
        declared("UTF-16LE", ""),
        declared("UTF-16LE", "", "utf-16-be"),
        BOM.encode("utf-16-be") + declared("UTF-16LE", "", "utf-16-be"),
        declared("UTF-16", "", "utf-8-sig"),
        '<?xml version="1.0"?><a/>'.encode("utf-16-be"),
    ],
)
def test_a_mark_or_byte_width_that_disagrees_with_the_declaration_is_malformed(document: bytes) -> None:
    assert "its bytes are not" in refuse(document).detail


@pytest.mark.parametrize(
    ("document", "position"),
    [
        (b"<a>\xff</a>", (1, 4)),
        ("<a>\r\n\ré😀".encode() + b"\xe9</a>", (3, 3)),
        (b"<a>\xed\xa0\x80</a>", (1, 4)),
        (b"<a>\xc0\x80</a>", (1, 4)),
        (declared("US-ASCII", "é"), (1, 45)),
        (declared("windows-1252", "\x81"), (1, 49)),
        (declared("windows-1255", "\xd9"), (1, 49)),
        (declared("ISO-8859-3", "\xa5"), (1, 47)),
        (declared("UTF-16", "", "utf-16")[:-1], (1, 46)),
        (f"{BOM}<a>".encode("utf-16-le") + b"\x00\xd8<\x00", (1, 4)),
    ],
)
def test_bytes_invalid_in_the_encoding_are_malformed_where_they_stand(
    document: bytes, position: tuple[int, int]
) -> None:
    error = refuse(document)
    assert error.place == position


@pytest.mark.parametrize("block", [4, 5, 6, 7, 64])
@pytest.mark.parametrize(("name", "wrong"), [("UTF-8", b"\xff"), ("US-ASCII", b"\xe9"), ("windows-1252", b"\x81")])
def test_a_line_end_that_is_cut_in_two_is_one(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: bytes, block: int
) -> None:
    monkeypatch.setattr(encoding, "PIECE", block)
    monkeypatch.setattr(encoding, "MAX_READ", 64 + block)  # the declaration is looked for in the first
    lines = declared(name).removesuffix(b"</a>") + b"\r\nb\r\r\n" * 40
    for rest in (b"", b"\r", b"\rb"):
        with pytest.raises(MalformedDocument) as caught:
            XmlText(BytesIO(lines + rest + wrong)).read(-1)
        assert caught.value.place == (121 + rest.count(b"\r"), 1 + rest.count(b"b"))
        assert XmlText(BytesIO(lines + rest)).read(-1).endswith(b"<a>" + b"\nb\n\n" * 40 + rest.replace(b"\r", b"\n"))


def test_a_document_is_gathered_whatever_little_a_source_gives_at_a_time() -> None:
    document = declared("UTF-8", "x" * 200_000)
    assert len(XmlText(Trickle(document)).read(MAX_READ)) == len(document)


@pytest.mark.parametrize(
    "document",
    [
        f"{BOM}{BOM}<a/>".encode(),
        "<a/>".encode("utf-16-le"),
        "<a/>".encode("utf-16-be"),
        "\ufeff<a/>".encode("utf-32-le"),
        "\ufeff<a/>".encode("utf-32-be"),
        "<?xml version='1.0'?><a/>".encode("cp037"),
    ],
)
def test_bytes_that_begin_like_no_readable_document_are_malformed(document: bytes) -> None:
    refuse(document)


@pytest.mark.parametrize(
    "declaration",
    ["<?xml?>", "<?xml ?>", '<?xml encoding="UTF-8"?>', '<?xml version="1.0"encoding="UTF-8"?>', '<?xml version=1.0?>',
     "<?xml version=\"1.0'?>", '<?xml version="1.0" standalone="maybe"?>', '<?xml version="1.0" a="b"?>',
     '<?xml version="1.0" standalone="yes" encoding="UTF-8"?>', '<?xml version="1.0" encoding=""?>',
     '<?xml version="1.0">', '<?XML version="1.0"?>', '<?xml\u00a0version="1.0"?>', ' <?xml version="1.0"?>',
     '<?xml version="1.1"?>', '<?xml version="1x0"?>', '<?xml version="2.0"?>'],
)  # fmt: skip
def test_a_declaration_must_be_well_formed_and_first_and_of_version_1_0(declaration: str) -> None:
    refuse(f"{declaration}<a/>")


def test_the_encodings_are_python_codecs_that_hold_ascii_as_it_is() -> None:
    ascii_text = "".join(map(chr, range(128)))
    for codec in set(ENCODINGS.values()) - {"utf-16", "utf-16-le", "utf-16-be"}:
        assert ascii_text.encode(codec) == ascii_text.encode()
