"""A fleet converts every object under one prefix of a bucket into one under another prefix.

{"source": {"bucket": "feeds", "prefix": "2026/"}, "target": {"bucket": "rows", "prefix": "2026/"},
 "to": "json", "mapping": "natural", "options": {"lines": true}, "at_once": 10, "tolerated": 0}

makes 2026/october/a.xml.jsonl in `rows` of 2026/october/a.xml in `feeds`. A state machine reads the list of objects and
calls convert_object for each, so many `at_once`; it ends when more than `tolerated` percent of the calls failed.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crosswalk.conversions.transfer import S3Object, choose_format

RESULTS = "crosswalk-results/"
"""Where in the target the state machine writes what became of each object. No fleet converts anything into a folder of
this name: its result could be read as another fleet's report."""
MAX_AT_ONCE = 1000


class FleetRefused(Exception):
    """The fleet makes no sense as it is described; the message is for who described it."""


class Place(BaseModel):
    """Part of a bucket. `prefix` is empty or ends in a slash, like the name of a folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bucket: str = Field(min_length=3)
    prefix: str = Field("", pattern=r"^$|[^/]/$")

    def holds(self, other: "Place") -> bool:
        """Whether the other one is the same, or lies within this one."""
        return self.bucket == other.bucket and other.prefix.startswith(self.prefix)


class Fleet(BaseModel):
    """What a fleet is started with. `options` are those of the route that converts the same way."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Place
    target: Place
    to: Literal["xml", "json"]
    mapping: str | None = None
    options: dict[str, Any] = {}
    at_once: int = Field(10, ge=1, le=MAX_AT_ONCE)
    tolerated: float = Field(0.0, ge=0, le=100)

    def choose_options(self) -> dict[str, Any]:
        """The options with the mapping among them."""
        return {**self.options, **({"mapping": self.mapping} if self.mapping else {})}


def read_fleet(description: dict[str, Any]) -> Fleet:
    """The fleet described. Raises FleetRefused, also where its results would be among its documents."""
    try:
        fleet = Fleet.model_validate(description)
    except ValidationError as error:
        first = error.errors()[0]
        raise FleetRefused(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if fleet.source.holds(fleet.target) or fleet.target.holds(fleet.source):
        raise FleetRefused("The source and the target lie within each other: results would be read as documents")
    if is_report(fleet.target.prefix):
        raise FleetRefused(f"target.prefix: {RESULTS} is for what becomes of the objects")
    return fleet


def is_document(key: str, source: Place) -> bool:
    """Whether an object is one to convert: what consoles show as a folder is none, and no report of a fleet is."""
    return not key.endswith("/") and not is_report(key.removeprefix(source.prefix))


def is_report(key: str) -> bool:
    """Whether an object of this key would stand among the reports of a fleet."""
    return f"/{RESULTS}" in f"/{key}"


def name_result(key: str, source: Place, target: Place, to: str, options: dict[str, Any]) -> S3Object:
    """The result of a document: its place under the source, under the target, with a suffix."""
    suffix = choose_format(to, options).suffix
    return S3Object(target.bucket, target.prefix + key.removeprefix(source.prefix) + suffix)
