"""Measures the peak memory of `item`, each way: `make bench-memory`. The target is 12 times the larger document.

Every figure comes from a process of its own: how far its resident memory grows while it converts, and what Python
itself allocates meanwhile, the document that goes in not counted.
"""

import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable

from benchmarks.documents import KINDS, make_document
from crosswalk.converter import json_to_xml, xml_to_json

SIZE = 4_000_000
TARGET = 12
HOSTILE = {
    "empty lists": b"[" + b"[]," * (SIZE // 3) + b"0]",
    "digits": b"[" + b"1," * (SIZE // 2) + b"0]",
    "short strings": b"[" + b'"a",' * (SIZE // 4) + b"0]",
    "one string": b'"' + b"x" * SIZE + b'"',
    "an emoji in ASCII": b'["' + b"x" * SIZE + "😀".encode() + b'"]',
    "an escaped emoji": b'["' + b"x" * SIZE + rb"\ud83d\ude00" + b'"]',
    "quotes": b'"' + rb"\"" * (SIZE // 2) + b'"',
    "members": b"{" + b'"a":0,' * (SIZE // 6) + b'"a":0}',
}


def measure(kind: str, direction: str, tracing: bool) -> tuple[int, int]:
    """Bytes at the peak, and of the larger document; for a process that does nothing else."""
    document = HOSTILE[kind] if kind in HOSTILE else make_document(kind, SIZE)
    convert: Callable[[bytes], bytes] = json_to_xml
    if direction == "to JSON":
        document, convert = json_to_xml(document), xml_to_json
    xml_to_json(json_to_xml(b"[]"))
    if tracing:
        tracemalloc.start()
        size = len(convert(document))
        return tracemalloc.get_traced_memory()[1], max(size, len(document))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = len(convert(document))
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024, max(size, len(document))


def main() -> None:
    worst = 0.0
    print(f"{'':20}{'direction':12}{'larger document':>16}{'allocated':>12}{'resident':>12}")
    for kind in [*KINDS, *HOSTILE]:
        for direction in ("to XML", "to JSON"):
            figures = []
            for tracing in ("traced", "resident"):
                command = [sys.executable, "-m", "benchmarks.memory", kind, direction, tracing]
                peak, size = map(int, subprocess.run(command, check=True, capture_output=True).stdout.split())
                figures.append(peak / size)
            worst = max(worst, figures[0])
            print(f"{kind:20}{direction:12}{size / 1e6:13.1f} MB{figures[0]:11.1f}x{figures[1]:11.1f}x", flush=True)
    print(f"{'met' if worst <= TARGET else 'NOT MET'}: at most {worst:.1f} times the larger document (target {TARGET})")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(*measure(sys.argv[1], sys.argv[2], sys.argv[3] == "traced"))
    else:
        main()
