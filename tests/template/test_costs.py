"""What strangers can cost: the bounds in the template, and that docs/costs.md tells their sum."""

import re
from pathlib import Path
from typing import Any

import pytest

from deploy.settings import read_settings
from tests.template.stack import Stack

DAY = 24 * 60 * 60
ANSWER = 4 * 1024 * 1024 / 1e9
"""GB of the largest answer."""
DATA_OUT = 0.09
"""Dollars a GB, as the two below of November 2026 in us-east-1."""
GB_SECOND = 0.0000166667
SNAPSHOT = 0.0000015046
"""Dollars a GB-second, for as long as a version with SnapStart is there."""
REQUEST = (3.50 + 0.20 + 2 * 0.50 + 0.05 * 5 + 0.60) / 1e6
"""API Gateway, Lambda, 2 KB of logs, a trace for one in twenty, and the firewall."""
PAGE_REQUEST = (1.00 + 0.10) / 1e6
"""CloudFront and its function."""
S3_WRITE = 5 / 1e6
"""A write or a list. A conversion has nine: four small objects, three for the result, and a list at each end."""

OPEN = ("/json2xml", "/xml2json")
PROD = read_settings("prod").parameters


def throttles(stack: Stack) -> dict[tuple[str, str], Any]:
    settings = stack.one("AWS::ApiGateway::Stage")["MethodSettings"]
    return {
        (one["HttpMethod"], one["ResourcePath"].replace("/~1", "/")): one["ThrottlingRateLimit"] for one in settings
    }


def test_production_gives_converters_and_users_a_share_that_they_cannot_exceed() -> None:
    assert 0 < int(PROD["ConverterConcurrency"]) <= 20
    assert 0 < int(PROD["UserConcurrency"]) <= 20


def test_the_page_tells_what_strangers_can_cost_a_day(stack: Stack) -> None:
    rate, preflights = int(PROD["ConverterRate"]), len([method for method, _ in stack.routes() if method == "OPTIONS"])
    memory = {stack.properties(stack.function_of(stack.routes()["POST", path]))["MemorySize"] for path in OPEN}
    others = throttles(stack)["*", "/*"] * preflights + throttles(stack)["GET", "/health"]
    data = len(OPEN) * rate * DAY * ANSWER * DATA_OUT
    time = len(OPEN) * int(PROD["ConverterConcurrency"]) * DAY * memory.pop() / 1024 * GB_SECOND
    requests = (len(OPEN) * rate + others) * DAY * REQUEST
    page = Path("docs/costs.md").read_text()
    for name, dollars in [("Data out", data), ("Lambda", time), ("Requests", requests)]:
        assert f"| {name} | {dollars:.0f} |" in page
    (told,) = re.findall(r"\| \*\*together\*\* \| \*\*(\d+)\*\* \| \*\*(\d+) an hour", page)
    assert [int(one) for one in told] == pytest.approx(
        [data + time + requests, (data + time + requests) / 24], rel=0.03
    )


def test_the_page_tells_what_cloudfront_costs_a_day_at_a_gigabit_a_second() -> None:
    gigabytes = 1 / 8 * DAY
    data = 10_000 * 0.085 + (gigabytes - 10_000) * 0.080
    requests = gigabytes * 1e9 / max(file.stat().st_size for file in Path("site").rglob("*.*")) * PAGE_REQUEST
    page = Path("docs/costs.md").read_text()
    (told,) = re.findall(r"\| Page and CloudFront \| ([\d,]+) for each gigabit a second", page)
    assert int(told.replace(",", "")) == pytest.approx(data + requests, rel=0.03)
    assert f"{10_000 * DAY * PAGE_REQUEST:.0f} dollars a day" in page


def test_the_page_tells_what_the_requests_of_open_conversions_cost_a_day() -> None:
    begun = int(PROD["ConversionRate"]) * DAY
    dollars = 2 * begun * REQUEST + 9 * begun * S3_WRITE
    assert f"| Requests | {dollars:.0f} | 20 begun" in Path("docs/costs.md").read_text()


def list_snapshots(stack: Stack) -> set[str]:
    """The functions that SnapStart makes snapshots of."""
    return {name for name, one in stack.of_type("AWS::Lambda::Function").items() if "SnapStart" in one}


def test_only_what_answers_clients_has_snapshots(stack: Stack) -> None:
    assert list_snapshots(stack) == {stack.function_of(one) for one in stack.routes().values()}


def test_no_replaced_version_leaves_a_snapshot_to_pay_for(stack: Stack) -> None:
    versions = {name: one for name, one in stack.resources.items() if one["Type"] == "AWS::Lambda::Version"}
    deleted = {name.partition("Version")[0] for name, one in versions.items() if one["DeletionPolicy"] == "Delete"}
    assert deleted == list_snapshots(stack)


def test_the_page_tells_what_snapshots_cost_a_month(stack: Stack) -> None:
    memory = sum(stack.properties(name)["MemorySize"] for name in list_snapshots(stack)) / 1024
    told = f"costs {memory * SNAPSHOT * 30 * DAY:.0f} dollars a month for the snapshots"
    assert told in Path("docs/costs.md").read_text()


def test_what_the_converters_cost_is_watched_as_invocations_and_time(stack: Stack) -> None:
    alarm = stack.properties("Expense")
    watched = {
        (one["MetricStat"]["Metric"]["MetricName"], one["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Ref"])
        for one in alarm["Metrics"][1:]
    }
    converters = {stack.function_of(stack.routes()["POST", path]) for path in OPEN}
    assert watched == {(metric, name) for metric in ("Duration", "Invocations") for name in converters}
    assert alarm["Threshold"] == {"Ref": "ExpenseLimit"}
    assert alarm["Metrics"][0]["Expression"].startswith("12 * ("), "hours of five minutes"
    assert {one["MetricStat"]["Period"] for one in alarm["Metrics"][1:]} == {300}


def test_nobody_evades_the_rate_for_an_address_by_ipv6(stack: Stack) -> None:
    assert stack.one("AWS::CloudFront::Distribution")["DistributionConfig"]["IPV6Enabled"] is False
    endpoint = stack.one("AWS::ApiGateway::RestApi")["EndpointConfiguration"]
    assert endpoint.get("IpAddressType", "ipv4") == "ipv4"
