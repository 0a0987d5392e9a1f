"""The two zones of a stack: chosen at its first deploy, and the same ever after.

The template could take the region's first two by itself, but Fn::GetAZs promises no order, and another order would
replace the subnets and all that is in them.
"""

import boto3

from deploy.settings import DeploySettings
from deploy.stack import DeployError, StackState

WITHOUT_PROXY = {"use1-az3", "usw1-az2"}
"""Ids of the zones that RDS Proxy is not in (RDS User Guide, "Quotas and limitations for RDS Proxy")."""


def choose_zones(settings: DeploySettings, state: StackState) -> tuple[str, str]:
    """ZoneA and ZoneB. Raises DeployError for two that would not do: else nothing fails before the proxy is made."""
    named = (settings.parameters["ZoneA"], settings.parameters["ZoneB"])
    if state.has_stood:
        return keep_zones(settings, state, named)
    ids = list_zones()
    fit = [name for name in sorted(ids) if ids[name] not in WITHOUT_PROXY]
    zones = named if any(named) else tuple(fit[:2])
    if len(zones) != 2 or zones[0] == zones[1] or not set(zones) <= set(fit):
        raise DeployError(
            f"{settings.name} would be in the zones {' and '.join(zones)}, where RDS Proxy is not in both: in"
            f" samconfig.toml set ZoneA and ZoneB to two of {', '.join(fit)}."
        )
    return zones


def keep_zones(settings: DeploySettings, state: StackState, named: tuple[str, str]) -> tuple[str, str]:
    """Those that the stack is in. Raises DeployError when the settings name others."""
    live = (state.parameters.get("ZoneA", ""), state.parameters.get("ZoneB", ""))
    if any(named) and named != live:
        raise DeployError(
            f"{settings.stack} is in the zones {' and '.join(live)} and cannot move: take ZoneA and ZoneB out of"
            " samconfig.toml."
        )
    return live


def list_zones() -> dict[str, str]:
    """The region's zones by name, and their ids, which are the same in all accounts."""
    answer = boto3.client("ec2").describe_availability_zones(
        Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]
    )
    return {zone["ZoneName"]: zone["ZoneId"] for zone in answer["AvailabilityZones"]}
