"""What people do with the page, and see on it."""

import base64
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

Answer = Callable[[Route], None]

SERVICE = {"JSON": "**/json2xml*", "XML": "**/xml2json*"}
"""The route by which each language goes out."""


class Person:
    """Somebody in front of the page. A pane is called by its language, `JSON` or `XML`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.command = page.locator("#command")
        self.options = page.locator("#options")
        self.sign = page.locator(".gutter .state")
        self.status = page.get_by_role("status")

    # What is seen

    def pane(self, name: str) -> Locator:
        return self.page.get_by_role("region", name=name, exact=True)

    def area(self, name: str) -> Locator:
        """Where the text of a pane is edited."""
        return self.pane(name).locator("textarea")

    def view(self, name: str) -> Locator:
        """Where the text of a pane is shown to read."""
        return self.pane(name).get_by_role("group", name=f"{name}, to read")

    def text(self, name: str) -> Locator:
        """The lines of a pane that are on the screen."""
        return self.pane(name).locator("pre.text")

    def facts(self, name: str) -> Locator:
        return self.pane(name).locator(".facts")

    def message(self, name: str) -> Locator:
        return self.pane(name).locator(".message")

    def read(self, name: str) -> str:
        """The lines of a pane that are on the screen, as one text."""
        return (self.text(name).text_content() or "").removesuffix("\n")

    def expect_text(self, name: str, text: str) -> None:
        expect(self.text(name)).to_have_text(text + "\n", use_inner_text=False)
        assert self.read(name) == text

    def expect_settled(self, sign: str) -> None:
        """Wait until nothing is under way any more, and what came of it has this sign."""
        expect(self.sign).to_have_text(sign)

    # What is done

    def choose(self, mapping: str) -> None:
        self.page.get_by_role("radio", name=mapping).check(force=True)

    def ask_for_lines(self) -> None:
        """Choose JSON Lines, which `natural` reads and writes."""
        self.choose("Readable")
        self.press("Options")
        self.options.get_by_label("JSON Lines").check()

    def write(self, name: str, text: str) -> None:
        """Put a text into a pane, as somebody who pastes over what was there."""
        if self.area(name).is_hidden():
            self.view(name).press("F2")
        self.area(name).fill(text)

    def write_lines(self, name: str, text: str) -> None:
        """The same with hundreds of lines. To fill them in, Chromium would lay all of them out for each."""
        self.area(name).press("Control+A")
        self.paste(text)

    def use(self, name: str, tool: str) -> None:
        label = f"{tool} in {name}" if tool in ("Undo", "Redo") else f"{tool} {name}"
        self.page.get_by_role("button", name=label, exact=True).click()

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button).click()

    def take_example(self, name: str) -> None:
        self.page.get_by_text("Examples", exact=True).click()
        self.page.locator("#examples").get_by_role("button", name=name).click()

    def drop(self, selector: str, name: str, *parts: bytes | tuple[bytes, int]) -> None:
        """Let go of a file above an element, as a browser tells a page of it. A part with a number: that many of it."""
        pairs = [part if isinstance(part, tuple) else (part, 1) for part in parts]
        self.page.evaluate(
            """([selector, name, parts]) => {
                const decode = (part) => Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
                const content = parts.flatMap(([part, times]) => Array(times).fill(decode(part)));
                const transfer = new DataTransfer();
                transfer.items.add(new File(content, name));
                const drop = new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true});
                document.querySelector(selector).dispatchEvent(drop);
            }""",
            [selector, name, [[base64.b64encode(part).decode(), times] for part, times in pairs]],
        )

    def paste(self, text: str) -> None:
        """Paste where the focus is, as a person does by keys."""
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.page.keyboard.press("Control+V")

    def clipboard(self) -> str:
        text: str = self.page.evaluate("navigator.clipboard.readText()")
        return text

    # What the service does

    def answer(self, name: str, **answer: Any) -> None:
        """Let the service answer a language so: a service that is busy or far away cannot be had for the asking."""
        self.page.route(SERVICE[name], lambda route: route.fulfill(**answer))

    def record(self, name: str) -> list[str]:
        """The addresses to which a language is sent from now on."""
        sent: list[str] = []
        path = SERVICE[name].strip("*/")
        self.page.on("request", lambda request: sent.append(request.url) if path in request.url else None)
        return sent
