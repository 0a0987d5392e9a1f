"""From an endpoint's router to its Lambda handler.

router = APIRouter()

@router.get("/greeting")
async def greet() -> dict[str, str]:
    return {"greeting": "hello"}

handler = create_handler(router)
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from mangum import Mangum
from mangum.types import LambdaContext
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from crosswalk.errors import CrosswalkError
from crosswalk.http.middleware import Cors, RequestLog, UnexpectedErrors
from crosswalk.http.parameters import refuse_repeated_parameters
from crosswalk.http.problems import PROBLEM_MEDIA_TYPE, answer_error, answer_http_error, answer_invalid_request
from crosswalk.settings import read_service_settings
from crosswalk.telemetry import logger, metrics

LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

METHODS = ["DELETE", "GET", "POST"]
"""What a preflight allows, whichever function answers it: another one may answer the request that follows."""

REQUEST_HEADERS = ["Authorization", "Content-Type", "If-None-Match", "X-Amz-Date", "X-Amz-Security-Token"]
EXPOSED_HEADERS = ["Crosswalk-Loss", "Crosswalk-Mapping", "ETag", "Link", "Location", "Retry-After", "X-Request-Id"]

SERVER_HEADERS = {"host", "x-forwarded-port"}


def create_handler(router: APIRouter) -> LambdaHandler:
    """The Lambda handler of an endpoint: takes API Gateway's REST proxy event (payload 1.0), returns its answer.

    A function's last line; what is done here is done once, when the execution environment starts.
    """
    # All answers but problems travel as base64: the API declares every type binary, and only so is their size certain.
    adapter = Mangum(create_app(router), lifespan="off", text_mime_types=[PROBLEM_MEDIA_TYPE])

    # Powertools works around Mangum, not within it: Mangum itself answers whatever the application raises.
    @logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        try:
            return adapter(_without_server(event), context)
        finally:
            if metrics.provider.metric_set:  # Powertools warns of a flush without metrics, as after OPTIONS
                metrics.flush_metrics()

    return handler


def _without_server(event: dict[str, Any]) -> dict[str, Any]:
    """The event without the headers that name the server, which nothing here reads.

    Mangum would fail on a Host `[::1]:3000`, and on a port `1, 443`, to which a client can bring API Gateway.
    """
    kept = {
        kind: {name: value for name, value in (event.get(kind) or {}).items() if name.lower() not in SERVER_HEADERS}
        for kind in ("headers", "multiValueHeaders")
    }
    return {**event, **kept}


def create_app(router: APIRouter) -> FastAPI:
    """The endpoint's FastAPI application, of which Mangum and the tests hold one each."""
    app = FastAPI(
        openapi_url=None,
        redirect_slashes=False,  # Starlette's redirect is an absolute one, and does not know of the stage
        dependencies=[Depends(refuse_repeated_parameters)],
        middleware=[
            Middleware(RequestLog),
            Middleware(
                Cors,
                allow_origins=read_service_settings().origins,
                allow_methods=METHODS,
                allow_headers=REQUEST_HEADERS,
                expose_headers=EXPOSED_HEADERS,
            ),
            Middleware(UnexpectedErrors),
        ],
        exception_handlers={
            CrosswalkError: answer_error,
            RequestValidationError: answer_invalid_request,
            HTTPException: answer_http_error,
        },
    )
    app.include_router(router)
    return app
