"""How a fleet is described, and where its results come to be."""

from typing import Any

import pytest

from crosswalk.conversions.fleet import FleetRefused, Place, name_result, read_fleet

FLEET = {
    "source": {"bucket": "feeds", "prefix": "2026/"},
    "target": {"bucket": "rows", "prefix": "in/rows/"},
    "to": "json",
}


def test_a_fleet_has_ten_at_once_and_tolerates_no_failure_unless_told_otherwise() -> None:
    fleet = read_fleet(FLEET)
    assert (fleet.at_once, fleet.tolerated, fleet.choose_options()) == (10, 0.0, {})


def test_the_mapping_is_one_of_the_options() -> None:
    fleet = read_fleet({**FLEET, "mapping": "natural", "options": {"types": "infer"}})
    assert fleet.choose_options() == {"mapping": "natural", "types": "infer"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"to": "yaml"}, "to"),
        ({"source": {"bucket": "feeds"}, "target": {}}, "target.bucket"),
        ({"source": {"bucket": "feeds", "prefix": "2026"}}, "source.prefix"),
        ({"source": {"bucket": "feeds", "prefix": "/"}}, "source.prefix"),
        ({"target": {"bucket": "rows", "prefix": "in/crosswalk-results/"}}, "target.prefix"),
        ({"at_once": 0}, "at_once"),
        ({"at_once": 1001}, "at_once"),
        ({"tolerated": 101}, "tolerated"),
        ({"nope": 1}, "nope"),
    ],
)
def test_what_is_wrong_with_a_fleet_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(FleetRefused, match=named):
        read_fleet({**FLEET, **changes})


@pytest.mark.parametrize(
    ("source", "target"), [("2026/", "2026/rows/"), ("", "rows/"), ("2026/", ""), ("2026/", "2026/"), ("a/b/", "a/")]
)
def test_a_target_within_the_source_is_refused_and_so_is_the_reverse(source: str, target: str) -> None:
    places = {"source": {"bucket": "one", "prefix": source}, "target": {"bucket": "one", "prefix": target}}
    with pytest.raises(FleetRefused, match="within each other"):
        read_fleet({**FLEET, **places})


@pytest.mark.parametrize(("source", "target"), [("in/", "out/"), ("in/a/", "in/b/"), ("in/", "in-rows/")])
def test_two_places_beside_each_other_may_share_a_bucket(source: str, target: str) -> None:
    places = {"source": {"bucket": "one", "prefix": source}, "target": {"bucket": "one", "prefix": target}}
    assert read_fleet({**FLEET, **places})


@pytest.mark.parametrize(
    ("key", "to", "options", "result"),
    [
        ("2026/a.json", "xml", {}, "out/a.json.xml"),
        ("2026/deep/a.xml", "json", {}, "out/deep/a.xml.json"),
        ("2026/a.xml.gz", "json", {"mapping": "natural", "lines": True}, "out/a.xml.gz.jsonl"),
        ("2026/2026/a", "json", {}, "out/2026/a.json"),
    ],
)
def test_a_result_is_called_like_its_document_with_a_suffix(
    key: str, to: str, options: dict[str, Any], result: str
) -> None:
    source, target = Place(bucket="feeds", prefix="2026/"), Place(bucket="rows", prefix="out/")
    named = name_result(key, source, target, to, options)
    assert (named.bucket, named.key) == ("rows", result)
