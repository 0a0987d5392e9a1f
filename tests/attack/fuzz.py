"""Fuzzes the converter with atheris, guided by coverage; libFuzzer keeps in a folder what reached new code.

python -m tests.attack.fuzz json|xml|item SECONDS FOLDER [SEEDS...]
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["crosswalk.converter"]):
    from tests.attack.properties import check_json, check_readers, check_xml

CHECKS = {"json": check_json, "xml": check_xml, "item": check_readers}
LONGEST = 2048
"""Bytes of an input; small ones reach the same code sooner."""

# What a mutation of bytes alone would hardly ever hit upon.
WORDS = {
    "json": [
        *("{", "}", "[", "]", '":', '",', "\\u0000", "\\ud800", "\\udc00", "1e400", "-0", "null", "true"),
        *("#text", "@xmlns"),
    ],
    "xml": [
        *("<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "<!DOCTYPE a [", "<!ENTITY x 'y'>"),
        *("<!ATTLIST a b CDATA 'c'>", "]>", "<a>", "</a>", "<b/>"),
        *("&#0;", "&#xD800;", "&amp;", "&x;", "xmlns:p='u'", "xmlns='u'", "p:a", "xml:lang", "encoding='utf-16'"),
        *("http://www.w3.org/2005/xpath-functions", "escaped-key='true'", "map", "array", "number"),
    ],
    "item": [
        *('<ITEM type="object">', '<ITEM type="list" />', "</ITEM>", ' key="k"', ' value="1"', ' escaped="true"'),
        *('<ITEM type="string" value="x" />', '<ITEM type="integer" value="1" />', " />", "&quot;"),
        *("<!--", "-->", "\\u0000"),
    ],
}  # fmt: skip


def write_dictionary(kind: str, folder: Path) -> Path:
    path = folder / "words.dict"
    words = [word.replace("\\", "\\\\").replace('"', '\\"') for word in WORDS[kind]]
    path.write_text("".join(f'"{word}"\n' for word in words))
    return path


def main(kind: str, seconds: str, folder: str, *seeds: str) -> None:
    found = Path(folder)
    corpus = found / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-artifact_prefix={found}/", "-timeout=20"]
    options += [
        "-rss_limit_mb=1024",
        f"-dict={write_dictionary(kind, found)}",
        "-print_final_stats=1",
        "-close_fd_mask=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus), *seeds], CHECKS[kind])
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
