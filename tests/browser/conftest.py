"""The page in a real browser: Debian's Chromium, or the one that CHROMIUM names, under the policy that AWS serves."""

from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

from local.host.intrinsics import load_yaml
from tests.programs import find_program
from tests.running import ROOT

QUIET = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"


# Not for the whole session: Playwright keeps an event loop running, and other tests start their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET.split(), "--no-first-run"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, service: str) -> Iterator[Page]:
    """The page, opened; whatever it writes to the console as an error, a breach of the policy say, fails the test."""
    errors: list[str] = []
    context = browser.new_context(base_url=service, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("console", lambda message: errors.append(message.text) if is_error(message) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route(lambda url: urlsplit(url).path == "/", serve_with_policy)
    page.goto("/")
    yield page
    context.close()
    assert errors == []


def is_error(message: ConsoleMessage) -> bool:
    """Chromium also writes down each answer of 400 and more, and each missing one: some tests are after those."""
    return message.type == "error" and not message.text.startswith("Failed to load resource")


def serve_with_policy(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": read_policy()})


@cache
def read_policy() -> str:
    """The Content-Security-Policy that CloudFront sends with the page."""
    resources = load_yaml(ROOT / "template.yaml")["Resources"].values()
    [policy] = [resource for resource in resources if resource["Type"] == "AWS::CloudFront::ResponseHeadersPolicy"]
    headers = policy["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    text: str = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    return text
