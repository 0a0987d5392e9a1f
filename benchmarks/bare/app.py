"""Lambda handlers of the least that an endpoint can be, to compare ours with: `bare`, and `observed` by Powertools."""

import os
from typing import Any

from fastapi import FastAPI, Request, Response
from mangum import Mangum

adapter_options: dict[str, Any] = {"lifespan": "off", "text_mime_types": ["application/problem+json"]}


def create_app(answer: bytes) -> FastAPI:
    """Reads what it was sent, and always answers the same."""
    app = FastAPI(openapi_url=None)

    @app.api_route("/{path:path}", methods=["DELETE", "GET", "POST"])
    async def respond(request: Request) -> Response:
        await request.body()
        return Response(answer, media_type="application/octet-stream")

    return app


def create_bare_handler(answer: bytes = b"") -> Any:
    return Mangum(create_app(answer), **adapter_options)


def create_observed_handler(answer: bytes = b"") -> Any:
    """One log line and one metric for each request, as every endpoint should have."""
    from aws_lambda_powertools import Logger, Metrics
    from aws_lambda_powertools.metrics import MetricUnit

    logger, metrics = Logger(service="bare"), Metrics(namespace="Bare", service="bare")
    adapter = Mangum(create_app(answer), **adapter_options)

    @metrics.log_metrics
    @logger.inject_lambda_context(correlation_id_path="requestContext.requestId", clear_state=True)
    def handler(event: dict[str, Any], context: Any) -> Any:
        answer = adapter(event, context)
        metrics.add_metric("Requests", MetricUnit.Count, 1)
        logger.info("request", path=event["path"], status=answer["statusCode"])
        return answer

    return handler


# A function's handler is an attribute of its module: HANDLER=bare or observed chooses for the cold start's benchmark.
if os.environ.get("HANDLER") == "bare":
    handler = create_bare_handler()
elif os.environ.get("HANDLER") == "observed":
    handler = create_observed_handler()
