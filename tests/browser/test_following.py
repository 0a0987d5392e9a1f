"""Whichever pane is edited is the source, and the other follows."""

from playwright.sync_api import Route, expect

from tests.browser.person import Person

NATURAL = '<book id="7"><title>Walk</title></book>'


def test_json_becomes_xml_while_it_is_typed(person: Person) -> None:
    person.area("JSON").press_sequentially('{"foo": 7}')
    person.expect_text("XML", '<ITEM type="object">\n  <ITEM key="foo" type="integer" value="7" />\n</ITEM>')


def test_xml_becomes_json_while_it_is_typed(person: Person) -> None:
    person.area("XML").press_sequentially('<ITEM type="list"><ITEM type="boolean" value="true" /></ITEM>')
    person.expect_text("JSON", "[\n  true\n]")


def test_a_result_that_is_edited_becomes_the_source(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.write("XML", '<ITEM type="list"><ITEM type="integer" value="2" /></ITEM>')
    person.expect_text("JSON", "[\n  2\n]")


def test_a_result_says_how_large_it_is_how_it_was_made_and_how_long_it_took(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    facts = person.facts("XML").inner_text().split(" · ")
    assert facts[:3] == ["62 bytes", "3 lines", "by item"]
    assert facts[3].endswith(" ms")
    assert person.facts("JSON").inner_text() == "3 bytes · 1 line"


def test_a_changed_mapping_converts_again(person: Person) -> None:
    person.write("JSON", '{"a": 1}')
    person.expect_settled("≈")
    person.choose("W3C")
    expect(person.text("XML")).to_contain_text("<number key")


def test_a_mapping_chosen_during_a_request_is_the_one_that_is_shown(person: Person) -> None:
    """The answer by the mapping of before, which comes late, is shown under no other's name."""
    held: list[Route] = []
    person.page.route("**/json2xml?indent=2", lambda route: held.append(route))
    with person.page.expect_request("**/json2xml?indent=2"):
        person.write("JSON", '{"a": "b"}')
    person.choose("Readable")
    person.expect_text("XML", "<a>b</a>")
    for route in held:
        route.fulfill(body="<late/>", headers={"Crosswalk-Mapping": "item"})
    person.page.wait_for_timeout(300)
    person.expect_text("XML", "<a>b</a>")
    expect(person.facts("XML")).to_contain_text("by natural")


def test_old_answers_never_overtake_new_ones(person: Person) -> None:
    held: list[Route] = []
    person.page.route("**/json2xml*", lambda route: held.append(route) if not held else route.continue_())
    with person.page.expect_request("**/json2xml*"):
        person.write("JSON", "[1]")
    person.write("JSON", "[2]")
    person.expect_settled("=")
    held[0].fulfill(body="<late/>", headers={"Crosswalk-Mapping": "item"})
    person.page.wait_for_timeout(300)
    assert 'value="2"' in person.read("XML")


def test_a_result_that_no_longer_belongs_is_dimmed(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    expect(person.pane("XML")).not_to_have_attribute("data-stale", "")
    person.write("JSON", "[1,")
    expect(person.pane("XML")).to_have_attribute("data-stale", "")
    person.expect_settled("!")
    expect(person.pane("XML")).to_have_attribute("data-stale", "")


def test_typing_on_sends_one_request_for_many_keys(person: Person) -> None:
    """The page's clock moves only here: a key may take a busy machine longer than the pause that ends a text."""
    sent = person.record("JSON")
    person.page.clock.install(time=0)
    person.page.clock.pause_at(1000)
    person.area("JSON").focus()
    for key in '{"key": "value"}':
        person.page.keyboard.type(key)
        person.page.clock.run_for(100)
    assert sent == []
    person.page.clock.resume()
    person.expect_settled("≈")
    assert len(sent) == 1


def test_a_service_that_answers_in_eight_seconds_is_waited_for(person: Person) -> None:
    held: list[Route] = []
    person.page.route("**/json2xml*", lambda route: held.append(route))
    person.page.clock.install()
    with person.page.expect_request("**/json2xml*"):
        person.write("JSON", "[1]")
    person.page.clock.fast_forward(8000)
    person.expect_settled("…")
    expect(person.page).to_have_title("… JSON to XML · Crosswalk")
    held[0].continue_()
    person.expect_settled("=")


def test_xml_that_was_read_as_natural_goes_back_as_natural(person: Person) -> None:
    person.write("XML", NATURAL)
    person.expect_settled("=")
    person.use("JSON", "Edit")
    person.page.keyboard.press("Control+End")
    person.page.keyboard.type(" ")
    expect(person.text("XML")).to_contain_text('<book id="7">')
    expect(person.facts("XML")).to_contain_text("by natural")


def test_swapping_back_and_forth_never_makes_an_item_document_of_a_book(person: Person) -> None:
    person.write("XML", NATURAL)
    person.expect_settled("=")
    person.press("Swap: convert JSON to XML")
    person.expect_settled("≈")
    assert person.read("XML").startswith("<book")


def test_another_json_document_is_written_without_loss_again(person: Person) -> None:
    person.write("XML", NATURAL)
    person.expect_settled("=")
    person.write("JSON", "[1]")
    expect(person.text("XML")).to_contain_text('<ITEM type="list">')


def test_the_layout_keeps_the_mapping_of_the_way_there(person: Person) -> None:
    person.write("XML", NATURAL)
    person.expect_settled("=")
    person.press("Swap: convert JSON to XML")
    person.page.get_by_label("Layout of the result").select_option("Compact")
    person.expect_text("XML", NATURAL)


def test_keys_typed_during_a_conversion_go_where_the_caret_is(person: Person) -> None:
    person.area("JSON").press_sequentially('{"b": tru')
    person.page.keyboard.press("Control+Enter")
    person.expect_settled("!")
    person.page.keyboard.type("e}")
    expect(person.area("JSON")).to_have_value('{"b": true}')
    person.expect_settled("≈")


def test_control_and_enter_convert_without_waiting_for_a_pause(person: Person) -> None:
    person.page.evaluate(
        """() => {
            const real = setTimeout;
            window.setTimeout = (act, pause, ...rest) => (pause === 300 ? 0 : real(act, pause, ...rest));
        }"""
    )
    person.area("JSON").fill("[1]")
    person.page.keyboard.press("Control+Enter")
    expect(person.text("XML")).to_contain_text("integer")


def test_an_emptied_source_empties_its_result(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.write("JSON", "")
    expect(person.text("XML")).to_have_text("")
    person.expect_settled("")


def test_the_title_says_what_came_of_it(person: Person) -> None:
    expect(person.page).to_have_title("Crosswalk: JSON to XML and back")
    person.write("JSON", "[1]")
    expect(person.page).to_have_title("= JSON to XML · Crosswalk")
    person.write("JSON", "[")
    expect(person.page).to_have_title("! JSON to XML · Crosswalk")


def test_a_feed_becomes_json_lines_and_lines_a_feed(person: Person) -> None:
    person.ask_for_lines()
    person.write("XML", "<root><e><a>1</a></e><e><a>2</a></e></root>")
    person.expect_text("JSON", '{"e":{"a":"1"}}\n{"e":{"a":"2"}}\n')
    person.expect_settled("=")
    person.write("JSON", '{"e":{"a":"3"}}\n')
    expect(person.text("XML")).to_contain_text("<a>3</a>")


def test_a_persons_own_text_is_never_described_as_a_result(person: Person) -> None:
    person.choose("Readable")
    person.write("JSON", '{"a":"b"}')
    person.expect_settled("=")
    person.write("XML", "<own>b</own>")
    person.page.route("**/xml2json*", lambda route: route.abort())
    person.page.keyboard.press("Control+Enter")
    person.expect_settled("!")
    person.page.unroute("**/xml2json*")
    person.write("JSON", '{"a":')
    person.expect_settled("!")
    expect(person.facts("XML")).to_have_text("12 bytes · 1 line")


def test_a_result_that_an_undo_brings_back_is_not_described_as_another(person: Person) -> None:
    person.write("JSON", "[1]")
    person.expect_settled("=")
    person.write("XML", "<a>b</a>")
    expect(person.facts("JSON")).to_contain_text("by natural")
    person.expect_settled("=")
    person.page.route("**/json2xml*", lambda route: route.abort())
    person.use("JSON", "Undo")
    person.expect_settled("!")
    expect(person.facts("XML")).to_have_text("62 bytes · 3 lines")
