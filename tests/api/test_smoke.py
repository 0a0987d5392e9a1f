"""The last step of a deploy, against the service on this machine: with its own code and stand-ins for AWS."""

from collections.abc import Generator

import httpx
import pytest

from deploy import smoke
from deploy.smoke import Check, Endpoints, expect_conversion, expect_user


class NoSignature(httpx.Auth):
    """Nothing here asks for one."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        yield request


@pytest.mark.parametrize("check", [expect_user, expect_conversion])
def test_a_check_of_the_smoke_test_passes_where_the_service_is_well(
    check: Check, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smoke, "PAUSE", 0.2)
    with httpx.Client(timeout=30) as client:
        answer = check(Endpoints(client, service, service, "", NoSignature()))
    assert answer is None
