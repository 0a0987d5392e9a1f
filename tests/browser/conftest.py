"""The page in a real browser: Debian's Chromium, or the one that CHROMIUM names, under the policy that AWS serves."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from local.host.intrinsics import load_yaml
from tests.browser.person import Person
from tests.programs import find_program
from tests.running import ROOT

QUIET = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
PATIENCE = 20_000  # milliseconds, on a machine that does other things, too
AXE = ROOT / ".npm/node_modules/axe-core/axe.min.js"

expect.set_options(timeout=PATIENCE)


# Not for the whole session: Playwright keeps an event loop running, and other tests start their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET.split(), "--no-first-run"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, service: str) -> Iterator[BrowserContext]:
    """What a page may do; whatever it writes to the console as an error, or asks of others, fails the test."""
    faults: list[str] = []
    context = browser.new_context(
        base_url=service,
        permissions=["clipboard-read", "clipboard-write"],
        viewport={"width": 1280, "height": 800},
        locale="en",
    )
    context.set_default_timeout(PATIENCE)
    context.on("console", lambda message: faults.append(message.text) if is_error(message) else None)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    own = (service, "blob:", "data:")
    context.on("request", lambda request: None if request.url.startswith(own) else faults.append(request.url))
    yield context
    context.close()
    assert faults == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The page, opened, under the policy that CloudFront sends with it."""
    page = context.new_page()
    answer = page.goto("/")
    assert answer
    assert read_policy().fullmatch(answer.headers["content-security-policy"])
    return page


@pytest.fixture
def person(page: Page) -> Person:
    """Somebody in front of the page."""
    return Person(page)


@pytest.fixture
def axe() -> Path:
    """axe-core's script, which finds what keeps people from using a page."""
    if not AXE.exists():
        find_program("npm")
        pytest.fail("There is no axe-core: make .npm/.installed")
    return AXE


def is_error(message: ConsoleMessage) -> bool:
    """Chromium also writes down each answer of 400 and more, and each missing one: some tests are after those."""
    return message.type == "error" and not message.text.startswith("Failed to load resource")


def read_policy() -> re.Pattern[str]:
    """The Content-Security-Policy that CloudFront sends with the page, but for what is known once it is deployed."""
    policy = load_yaml(ROOT / "template.yaml")["Resources"]["SiteHeaders"]
    headers = policy["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    text: str = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    return re.compile("[^ ;]+".join(re.escape(part) for part in re.split(r"https://\$\{[\w.]+\}", text)))
