"""Up to 4 MiB nothing blocks; above, or in gzip, a file goes through POST /conversions, or by three commands."""

import gzip
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.person import Person

MEGABYTES = 5
HUGE = (b"[" + b"1," * 500_000, MEGABYTES)
SMALL = gzip.compress(b"[1]")

RECORDS = {
    "JSON": '{"id": 1, "name": "Zoë", "tags": ["a", "b"], "price": 10.50}',
    "XML": '<e id="1"><name>Zoë</name><tag>a</tag><tag>b</tag></e>',
}


def make_records(name: str, size: int) -> str:
    records = [RECORDS[name]] * (size // len(RECORDS[name]))
    return "[" + ",\n".join(records) + "]" if name == "JSON" else "<r>" + "\n".join(records) + "</r>"


def measure_longest_task(person: Person, act: Callable[[Person], None]) -> float:
    """Milliseconds of a processor that the page was busy at once: what else the machine does makes them no more."""
    browser = person.page.context.browser
    assert browser
    browser.start_tracing(page=person.page, categories=["disabled-by-default-devtools.timeline"])
    act(person)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    named = [event for event in events if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"]
    threads = {(event["pid"], event["tid"]) for event in named}
    tasks = [event for event in events if event["name"] == "RunTask" and (event["pid"], event["tid"]) in threads]
    return max(float(task["tdur"]) for task in tasks if "tdur" in task) / 1000  # a very short one has none


def measure_a_tenth_of_a_second(person: Person) -> float:
    """Milliseconds that this browser takes just now for work of its own: about 100, more where the machine is slow."""
    normalize = '() => "Zoë".repeat(3e6).normalize("NFD").length'
    return measure_longest_task(person, lambda person: person.page.evaluate(normalize))


def drop_and_look_through(person: Person, name: str) -> None:
    """Let go of the file that the page holds already, and scroll through what comes of it."""
    person.page.evaluate(
        """selector => {
            const transfer = new DataTransfer();
            transfer.items.add(file);
            document.querySelector(selector)
                .dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true}));
        }""",
        f"#{name.lower()}",
    )
    expect(person.sign).to_have_text("…")
    expect(person.sign).not_to_have_text("…", timeout=60_000)
    view = person.view("XML" if name == "JSON" else "JSON")
    for top in (0.3, 0.9, 0):
        view.evaluate("(view, top) => view.scrollTop = top * view.scrollHeight", top)
        person.page.wait_for_timeout(100)


@pytest.mark.parametrize(("name", "mapping"), [("JSON", "Lossless"), ("XML", "Readable")])
def test_three_megabytes_block_the_page_for_less_than_100_milliseconds(person: Person, name: str, mapping: str) -> None:
    """The best of three: a collection of garbage may fall into any task."""
    person.choose(mapping)
    document = make_records(name, 3_000_000)
    person.page.evaluate("document => { window.file = new File([document], 'many'); }", document)
    drop = partial(drop_and_look_through, name=name)
    assert any(measure_longest_task(person, drop) < measure_a_tenth_of_a_second(person) for _ in range(3))


def test_a_key_in_the_longest_text_that_is_edited_is_shown_at_once(person: Person) -> None:
    person.page.route("**/json2xml*", lambda route: route.abort())
    person.drop("#json", "long.json", b"[", (b'"walk", 1.5,\n', 7_500), b"2]")
    expect(person.area("JSON")).to_be_visible()
    person.area("JSON").press("Control+Home")
    longest = measure_longest_task(person, lambda person: person.page.keyboard.type("   ", delay=100))
    assert longest < measure_a_tenth_of_a_second(person)


class Store:
    """POST /conversions and the storage behind it, played: what was asked, and what is answered."""

    def __init__(self, person: Person, *states: dict[str, Any]) -> None:
        self.asked: list[str] = []
        self.uploaded = 0
        self.states = list(states)
        page = person.page
        page.route("**/conversions?*", self.create)
        page.route("**/conversions/one", self.tell)
        page.route("**/storage/up", self.upload)
        page.route("**/storage/down", lambda route: route.fulfill(body="<ITEM/>"))

    def create(self, route: Route) -> None:
        self.asked.append(f"{route.request.method} {route.request.url.partition('?')[2]}")
        answer = {"id": "one", "status": "waiting", "upload": "storage/up", "expires_at": "2026-11-25T00:00:00Z"}
        route.fulfill(status=201, json=answer)

    def upload(self, route: Route) -> None:
        self.asked.append(route.request.method)
        self.uploaded = int(route.request.headers.get("content-length", "0"))
        route.fulfill(status=200)

    def tell(self, route: Route) -> None:
        route.fulfill(json={"id": "one", **(self.states.pop(0) if len(self.states) > 1 else self.states[0])})


DONE = {"status": "done", "mapping": "item", "losses": ["comments", "root"], "bytes_out": 7, "result": "storage/down"}
CONVERTING = {"status": "converting", "bytes_in": 1}
GONE: dict[str, Any] = {
    "headers": {"Content-Type": "application/problem+json"},
    "body": json.dumps({"title": "It is gone", "detail": "There is none: it expired."}),
}


def test_a_file_above_the_limit_goes_through_conversions(person: Person) -> None:
    store = Store(person, CONVERTING, DONE)
    person.drop("#json", "orders.json", HUGE)
    card = person.pane("JSON").locator(".card")
    expect(card).to_contain_text("orders.json")
    expect(card).to_contain_text("5.0 MB")
    with person.page.expect_download() as saved:
        person.press("Convert to XML")
        expect(card.get_by_role("progressbar", name="Conversion")).to_be_visible()
    assert saved.value.suggested_filename == "orders.xml"
    expect(card).to_contain_text(
        "Saved as orders.xml, 7 bytes, by item. It leaves out comments and where the root came from."
    )
    assert store.asked == [f"POST bytes={len(HUGE[0]) * MEGABYTES}&indent=2&to=xml", "PUT"]


def test_a_gzip_file_below_the_limit_goes_through_conversions(person: Person) -> None:
    store = Store(person, DONE)
    person.drop("#json", "orders.json.gz", SMALL)
    expect(person.pane("JSON").locator(".card")).to_contain_text("A large file, or one in gzip, is not shown here.")
    with person.page.expect_download():
        person.press("Convert to XML")
    assert store.asked == [f"POST bytes={len(SMALL)}&indent=2&to=xml", "PUT"]


@pytest.mark.parametrize(
    ("name", "result"), [("a.json.gz", "a.xml"), ("day.1.JSON.GZ", "day.1.xml"), ("a.gz", "a.xml")]
)
def test_the_result_of_a_gzip_file_has_no_gz_in_its_name(person: Person, name: str, result: str) -> None:
    Store(person, DONE)
    person.drop("#json", name, SMALL)
    with person.page.expect_download() as saved:
        person.press("Convert to XML")
    assert saved.value.suggested_filename == result


def test_a_gzip_file_finds_the_pane_that_its_name_tells(person: Person) -> None:
    person.drop("#json", "a.xml.gz", gzip.compress(b"<a/>"))
    expect(person.pane("XML").locator(".card")).to_contain_text("a.xml.gz")


def test_a_large_file_of_json_lines_finds_the_json_pane(person: Person) -> None:
    person.drop("#xml", "feed.jsonl", HUGE)
    expect(person.pane("JSON").locator(".card")).to_contain_text("feed.jsonl")


def test_a_large_result_in_json_lines_is_saved_as_such(person: Person) -> None:
    store = Store(person, DONE)
    person.ask_for_lines()
    person.drop("#xml", "feed.xml", b"<a>", (b" " * 1_000_000, MEGABYTES), b"</a>")
    with person.page.expect_download() as saved:
        person.press("Convert to JSON")
    assert store.asked[0] == "POST bytes=5000007&lines=true&mapping=natural&to=json"
    assert saved.value.suggested_filename == "feed.jsonl"
    commands = person.pane("XML").locator("pre[aria-label=Commands]").text_content() or ""
    assert "curl --output feed.jsonl" in commands


def test_a_large_file_of_json_lines_becomes_xml(person: Person) -> None:
    Store(person, DONE)
    person.ask_for_lines()
    person.drop("#json", "feed.jsonl", HUGE)
    with person.page.expect_download() as saved:
        person.press("Convert to XML")
    assert saved.value.suggested_filename == "feed.xml"


def test_a_file_beside_broken_json_goes_by_the_mapping_of_its_own_language(person: Person) -> None:
    store = Store(person, DONE)
    person.drop("#xml", "orders.xml", b"<a>", (b" " * 1_000_000, MEGABYTES), b"</a>")
    person.write("JSON", '{"broken":')
    person.expect_settled("!")
    with person.page.expect_download():
        person.press("Convert to JSON")
    assert store.asked == ["POST bytes=5000007&to=json", "PUT"]


def test_a_converted_file_is_offered_again_once_the_mapping_changes(person: Person) -> None:
    store = Store(person, DONE)
    person.drop("#json", "orders.json.gz", SMALL)
    with person.page.expect_download():
        person.press("Convert to XML")
    card = person.pane("JSON").locator(".card")
    expect(card).to_contain_text("Saved as")
    person.choose("W3C")
    expect(card.get_by_role("button", name="Save again")).to_be_hidden()
    expect(card).to_contain_text("It goes to the service as a file")
    assert len(store.asked) == 2
    with person.page.expect_download():
        person.press("Convert to XML")
    assert store.asked[2:] == [f"POST bytes={len(SMALL)}&indent=2&mapping=xpath&to=xml", "PUT"]


def test_a_mapping_changed_during_a_conversion_stops_nothing_and_offers_another(person: Person) -> None:
    store = Store(person, CONVERTING)
    person.drop("#json", "orders.json.gz", SMALL)
    with person.page.expect_download():
        person.press("Convert to XML")
        expect(person.pane("JSON").get_by_role("progressbar", name="Conversion")).to_be_visible()
        person.choose("W3C")
        store.states.append(DONE)
    expect(person.pane("JSON").locator(".card [data-side=offer] p")).to_have_text(
        "Saved as orders.xml, 7 bytes, by item. It leaves out comments and where the root came from. "
        "The mapping or its options have changed since."
    )
    expect(person.page.get_by_role("button", name="Convert to XML")).to_be_visible()
    assert len(store.asked) == 2


def fail_to_convert(person: Person) -> Locator:
    """The card of a file, once it tells why the conversion has failed."""
    Store(person, {"status": "failed", "problem": {"title": "It is no JSON", "detail": "A comma is wrong."}})
    person.drop("#json", "orders.json.gz", SMALL)
    person.press("Convert to XML")
    card = person.pane("JSON").locator(".card")
    expect(card).to_contain_text("A comma is wrong.")
    return card


def test_a_problem_of_other_options_makes_way_for_the_offer(person: Person) -> None:
    card = fail_to_convert(person)
    person.choose("W3C")
    expect(card).to_contain_text("It goes to the service as a file")
    expect(card).not_to_contain_text("A comma is wrong.")


def test_a_problem_of_one_file_is_not_told_of_the_next(person: Person) -> None:
    card = fail_to_convert(person)
    person.drop("#json", "walks.json.gz", SMALL)
    expect(card).to_contain_text("walks.json.gz")
    expect(card).not_to_contain_text("A comma is wrong.")


def test_progress_is_shown_for_each_step(person: Person) -> None:
    Store(person, {"status": "converting", "bytes_in": len(HUGE[0])})
    person.drop("#json", "orders.json", HUGE)
    person.press("Convert to XML")
    bar = person.pane("JSON").get_by_role("progressbar", name="Conversion")
    expect(bar).to_have_js_property("value", 0.2)
    expect(person.pane("JSON").get_by_role("progressbar", name="Upload")).to_have_js_property("value", 1)


@pytest.mark.parametrize(
    "passing",
    [{"status": 503, "headers": {"Retry-After": "1"}}, {"status": 429}, None],
    ids=["away", "busy", "unreachable"],
)
def test_what_passes_is_waited_for_once_the_file_is_there(person: Person, passing: dict[str, Any] | None) -> None:
    store = Store(person, DONE)
    answers = iter([passing])

    def tell(route: Route) -> None:
        for answer in answers:
            return route.fulfill(**answer) if answer else route.abort()
        return store.tell(route)

    person.page.route("**/conversions/one", tell)
    person.drop("#json", "orders.json", HUGE)
    with person.page.expect_download():
        person.press("Convert to XML")
    assert store.asked[1:] == ["PUT"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_file_that_is_there_is_not_said_to_need_a_signature(person: Person, status: int) -> None:
    store = Store(person, DONE)
    person.page.route("**/conversions/one", lambda route: route.fulfill(status=status, **GONE))
    person.drop("#json", "orders.json", HUGE)
    person.press("Convert to XML")
    expect(person.pane("JSON").locator(".card")).to_contain_text("There is none: it expired.")
    assert store.asked[1:] == ["PUT"]


def test_a_result_that_breaks_off_is_fetched_again(person: Person) -> None:
    store = Store(person, DONE)
    breaks = iter([1])
    person.page.route("**/storage/down", lambda route: route.abort() if next(breaks, 0) else route.fallback())
    person.drop("#json", "orders.json", HUGE)
    with person.page.expect_download():
        person.press("Convert to XML")
    assert store.asked[1:] == ["PUT"]


def test_waiting_can_be_cancelled(person: Person) -> None:
    store = Store(person, CONVERTING)
    person.page.clock.install()
    person.drop("#json", "orders.json", HUGE)
    person.press("Convert to XML")
    expect(person.pane("JSON").get_by_role("progressbar", name="Upload")).to_have_js_property("value", 1)
    person.press("Cancel")
    expect(person.pane("JSON").locator(".card")).to_contain_text("Cancelled. The file is still here.")
    person.page.clock.fast_forward(10_000)
    expect(person.page.get_by_role("button", name="Convert to XML")).to_be_visible()
    assert len(store.asked) == 2


def test_an_upload_can_be_cancelled(person: Person) -> None:
    Store(person, CONVERTING)
    held: list[Route] = []
    person.page.route("**/storage/up", lambda route: held.append(route))
    person.drop("#json", "orders.json", HUGE)
    with person.page.expect_request("**/storage/up"):
        person.press("Convert to XML")
    with person.page.expect_event("requestfailed", lambda request: request.url.endswith("/storage/up")):
        person.press("Cancel")
    expect(person.page.get_by_role("heading", name="orders.json")).to_be_focused()


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"line": 400_000, "column": 15}, " (line 400,000, column 15)"),
        ({"line": 2, "column": 1, "pointer": "/a b"}, " (line 2, column 1, pointer /a b)"),
        ({"pointer": "/$&"}, " (pointer /$&)"),
        ({"line": 1, "column": 53, "path": "/map/number[1]"}, " (line 1, column 53, path /map/number[1])"),
        ({}, ""),
    ],
    ids=["line", "line and pointer", "pointer", "line and path", "nowhere"],
)
def test_a_conversion_that_failed_says_why_and_where(person: Person, place: dict[str, Any], said: str) -> None:
    problem = {"title": "The document is malformed", "detail": "There is no value here.", **place}
    Store(person, {"status": "failed", "problem": problem})
    person.drop("#json", "orders.json", HUGE)
    person.press("Convert to XML")
    sentence = f"The document is malformed: There is no value here{said}."
    expect(person.pane("JSON").locator(".card [data-side=offer] p")).to_have_text(sentence)
    expect(person.status).to_have_text(sentence)


@pytest.mark.parametrize("status", [403, 404])
def test_where_the_service_does_not_let_the_page_there_are_three_commands(person: Person, status: int) -> None:
    person.page.route("**/conversions?*", lambda route: route.fulfill(status=status, body="{}"))
    person.drop("#xml", "two orders.xml", b"<a>", (b" " * 1_000_000, MEGABYTES), b"</a>")
    person.press("Convert to JSON")
    commands = person.pane("XML").locator("pre[aria-label=Commands]").inner_text()
    assert 'curl -X POST "$API/conversions?bytes=5000007&to=json"' in commands
    assert "curl --globoff --upload-file 'two orders.xml'" in commands
    assert "curl --output 'two orders.json'" in commands
    person.press("Copy commands")
    expect(person.status).to_have_text("Copied.")
    assert person.clipboard() == commands


def test_the_storages_own_refusal_is_said(person: Person) -> None:
    Store(person, DONE)
    person.page.route("**/storage/up", lambda route: route.fulfill(status=403))
    person.drop("#json", "orders.json", HUGE)
    person.press("Convert to XML")
    expect(person.pane("JSON").locator(".card")).to_contain_text("The service broke off")


def test_a_document_whose_result_is_too_large_can_go_as_a_file(person: Person) -> None:
    problem = {"title": "The document is too large", "detail": "What would come out is too large.", "limit": 4194304}
    answer = {"status": 413, "headers": {"Content-Type": "application/problem+json"}, "body": json.dumps(problem)}
    person.answer("JSON", **answer)
    person.write("JSON", "[1]")
    person.press("Convert it as a file")
    expect(person.pane("JSON").locator(".card")).to_contain_text("document.json")
    person.use("JSON", "Undo")
    expect(person.area("JSON")).to_have_value("[1]")
