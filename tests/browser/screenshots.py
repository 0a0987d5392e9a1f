"""Takes the pictures of the page that docs/ shows: python -m tests.browser.screenshots.

With a folder as an argument it takes every state there, light, dark and on a phone, for people to look at.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import QUIET
from tests.browser.person import Person
from tests.browser.states import STATES
from tests.programs import find_program
from tests.running import ROOT, RunningService

WIDE = (1200, 720)
PHONE = (390, 844)

Scheme = Literal["light", "dark"]

PICTURES: dict[str, tuple[str, Scheme, tuple[int, int]]] = {
    "page": ("nearly", "light", WIDE),
    "page-dark": ("same", "dark", WIDE),
    "page-error": ("error", "light", WIDE),
    "page-different": ("different", "light", WIDE),
    "page-phone": ("nearly", "light", PHONE),
}
"""What docs/ shows: a state, in a scheme, in a window of a size."""


def take_picture(browser: Browser, address: str, state: str, scheme: Scheme, size: tuple[int, int], file: Path) -> None:
    width, height = size
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        device_scale_factor=1.5,
        permissions=["clipboard-read", "clipboard-write"],
        locale="en",
    )
    page = context.new_page()
    page.goto("/")
    STATES[state](Person(page))
    # Milliseconds differ from one time to the next, and the address is that of this machine.
    page.evaluate(
        """() => {
            for (const line of document.querySelectorAll(".facts, #command")) {
                for (const node of line.childNodes) {
                    node.textContent = node.textContent.replace(/[\\d,]+ ms/, "12 ms")
                        .replace(/http:..127.0.0.1:\\d+/, "https://crosswalk.example.org");
                }
            }
        }"""
    )
    page.screenshot(path=file)
    page.unroute_all(behavior="ignoreErrors")
    context.close()


def list_pictures(folder: Path | None) -> Iterator[tuple[str, Scheme, tuple[int, int], Path]]:
    if folder is None:
        for name, picture in PICTURES.items():
            yield *picture, ROOT / "docs" / f"{name}.png"
        return
    for state in STATES:
        yield state, "light", WIDE, folder / f"{state}-light.png"
        yield state, "dark", WIDE, folder / f"{state}-dark.png"
        yield state, "light", PHONE, folder / f"{state}-phone.png"


def main(folder: Path | None) -> None:
    service = RunningService(ROOT)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_program("chromium"), args=QUIET.split())
            for state, scheme, size, file in list_pictures(folder):
                file.parent.mkdir(parents=True, exist_ok=True)
                take_picture(browser, service.address, state, scheme, size, file)
            browser.close()
    finally:
        service.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else None)
