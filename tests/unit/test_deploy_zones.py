"""The two zones of a stack, in a region of three of which RDS Proxy is not in one."""

from typing import Any

import boto3
import pytest

from deploy.settings import DeploySettings, read_settings
from deploy.stack import DeployError, StackState
from deploy.zones import choose_zones

NEW = StackState()
STANDING = StackState("UPDATE_COMPLETE", {"ZoneA": "us-east-1c", "ZoneB": "us-east-1a"})


@pytest.fixture(autouse=True)
def zones(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The region's zones by name, and their ids in this account."""
    zones = {"us-east-1c": "use1-az1", "us-east-1a": "use1-az6", "us-east-1b": "use1-az3"}

    class Ec2:
        def describe_availability_zones(self, **arguments: Any) -> dict[str, Any]:
            return {"AvailabilityZones": [{"ZoneName": name, "ZoneId": one} for name, one in zones.items()]}

    monkeypatch.setattr(boto3, "client", lambda name: Ec2())
    return zones


def settings(**parameters: str) -> DeploySettings:
    given = read_settings("dev")
    return DeploySettings("dev", given.stack, {**given.parameters, **parameters})


def test_a_new_stack_is_in_the_first_two_zones_that_rds_proxy_is_in() -> None:
    assert choose_zones(settings(), NEW) == ("us-east-1a", "us-east-1c")


def test_a_new_stack_is_in_the_zones_that_the_settings_name() -> None:
    named = settings(ZoneA="us-east-1c", ZoneB="us-east-1a")
    assert choose_zones(named, NEW) == ("us-east-1c", "us-east-1a")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("us-east-1a", ""),
        ("us-east-1a", "us-east-1a"),
        ("us-east-1a", "eu-west-1a"),
        ("us-east-1a", "us-east-1b"),  # RDS Proxy is not in the second
    ],
)
def test_two_zones_that_would_not_do_are_refused_and_those_that_do_named(a: str, b: str) -> None:
    with pytest.raises(DeployError, match="ZoneA and ZoneB to two of us-east-1a, us-east-1c"):
        choose_zones(settings(ZoneA=a, ZoneB=b), NEW)


def test_a_region_with_one_fit_zone_is_refused(zones: dict[str, str]) -> None:
    del zones["us-east-1c"]
    with pytest.raises(DeployError, match="RDS Proxy is not in both"):
        choose_zones(settings(), NEW)


def test_a_stack_that_stands_stays_in_its_zones_whatever_aws_lists_first(zones: dict[str, str]) -> None:
    zones["us-east-1-new"] = "use1-az7"
    assert choose_zones(settings(), STANDING) == ("us-east-1c", "us-east-1a")


def test_a_stack_that_stands_cannot_move() -> None:
    with pytest.raises(DeployError, match="us-east-1c and us-east-1a and cannot move"):
        choose_zones(settings(ZoneA="us-east-1a", ZoneB="us-east-1c"), STANDING)
