"""What API Gateway answers by itself."""

import json

import pytest

from local.host.gateway import FAILED, LATE, REJECTED, UNKNOWN_ROUTE, Refusal, refuse
from local.host.proxy_event import Request
from local.host.template import GatewayResponse, Service


def create_service(responses: dict[str, GatewayResponse]) -> Service:
    return Service((), {}, "v1", ("*/*",), None, responses, {})


REQUEST = Request("GET", "/nowhere", (("Origin", "https://example.org"),), id="the-id")


def test_api_gateways_own_answer_is_a_message_when_the_template_says_nothing() -> None:
    response = refuse(UNKNOWN_ROUTE, REQUEST, create_service({}))
    assert (response.status_code, response.headers["Content-Type"]) == (403, "application/json")
    assert json.loads(bytes(response.body)) == {"message": "Missing Authentication Token"}


def test_api_gateways_own_answer_is_the_templates() -> None:
    own = GatewayResponse(
        status=404,
        headers={
            "X-Request-Id": "context.requestId",
            "Access-Control-Allow-Origin": "'*'",
            "X-Origin": "method.request.header.Origin",
        },
        content_type="application/problem+json",
        body='{"detail": $context.error.messageString, "at": "$context.path", "x": "$context.x"}',
    )
    response = refuse(UNKNOWN_ROUTE, REQUEST, create_service({"MISSING_AUTHENTICATION_TOKEN": own}))
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Request-Id"] == "the-id"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["X-Origin"] == "https://example.org"
    problem = json.loads(bytes(response.body))
    assert problem == {"detail": "Missing Authentication Token", "at": "/v1/nowhere", "x": ""}


@pytest.mark.parametrize(
    ("refusal", "status", "body"),
    [(UNKNOWN_ROUTE, 403, b"4"), (LATE, 504, b"5"), (REJECTED, 500, b"5"), (FAILED, 502, b"5")],
)
def test_a_type_without_response_of_its_own_takes_that_of_its_class(refusal: Refusal, status: int, body: bytes) -> None:
    responses = {f"DEFAULT_{digit}XX": GatewayResponse(None, {}, "text/plain", digit) for digit in "45"}
    response = refuse(refusal, REQUEST, create_service(responses))
    assert (response.status_code, response.body) == (status, body)
