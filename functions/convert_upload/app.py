"""Operation: converts an uploaded document into its result, as a stream; EventBridge tells of each upload.

Event: S3's "Object Created", of a key ID/document. Answer: {"status": "done" or "failed"}, or "ignored" where there is
nothing to do. Every conversion that begins ends with an outcome, unless its process is killed or S3 stays away. Only
what nobody expected is an error of the function, and lands in its failure queue.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from crosswalk.conversions.state import (
    DOCUMENT,
    RESULT,
    Outcome,
    Request,
    find_request,
    finish_conversion,
    start_conversion,
)
from crosswalk.conversions.transfer import Limits, S3Object, check_size, choose_format, convert_object
from crosswalk.converter import Summary
from crosswalk.errors import ConversionFailed, CrosswalkError
from crosswalk.http.problems import describe_error
from crosswalk.settings import check_settings, read_conversion_settings
from crosswalk.telemetry import MetricUnit, list_frames, logger, metrics

check_settings(read_conversion_settings)


class ConversionCrashed(Exception):
    """Stands for an unexpected error, whose own message may quote a key or a document."""


@logger.inject_lambda_context(clear_state=True)
def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    try:
        status = convert_upload(event["detail"], context)
    except Exception as error:
        logger.error("unexpected error", traceback=list_frames(error))
        raise ConversionCrashed(type(error).__name__) from None
    logger.info("converted", status=status)
    return {"status": status}


def convert_upload(upload: Mapping[str, Any], context: Any) -> str:
    """`done`, `failed` or `ignored`."""
    document = S3Object(upload["bucket"]["name"], upload["object"]["key"])
    conversion_id = document.key.removesuffix(f"/{DOCUMENT}")
    remaining = context.get_remaining_time_in_millis()
    limits = Limits.of_invocation(remaining, int(context.memory_limit_in_mb))
    deadline = datetime.now(UTC) + timedelta(milliseconds=remaining)
    started = False
    try:
        request = find_request(conversion_id)
        if request is None:
            return "ignored"
        started = start_conversion(conversion_id, deadline)
        if not started:
            return "ignored"
        outcome = convert(request, document, upload["object"]["etag"], upload["object"]["size"], limits)
        finish_conversion(conversion_id, outcome)
    except Exception:
        with suppress(BotoCoreError, ClientError):
            if started or start_conversion(conversion_id, deadline):  # another function may be at work
                record_crash(conversion_id)
        raise
    return "failed" if outcome.problem else "done"


def convert(request: Request, document: S3Object, etag: str, size: int, limits: Limits) -> Outcome:
    """The outcome: what there is to tell of the result, or the problem of a document that is refused."""
    result = S3Object(document.bucket, document.key.removesuffix(DOCUMENT) + RESULT)
    file_name = f"document{choose_format(request.to, request.options).suffix}"
    try:
        if size != request.size:
            detail = f"The document has {size} bytes, and {request.size} were declared."
            raise ConversionFailed(detail, code="wrong-size")
        check_size(size)
        properties = {"ContentDisposition": f'attachment; filename="{file_name}"'}
        summary = convert_object(document, etag, result, request.to, request.options, limits, properties)
    except CrosswalkError as error:
        return Outcome(problem=describe_error(error))
    record_conversion(request.to, summary)
    return Outcome(summary.mapping, list(summary.losses), summary.bytes_in, summary.bytes_out)


def record_conversion(to: str, summary: Summary) -> None:
    """The document's sizes, by direction and mapping, as the converter routes do."""
    metrics.add_dimension("direction", "json_to_xml" if to == "xml" else "xml_to_json")
    metrics.add_dimension("mapping", summary.mapping)
    metrics.add_metric("BytesIn", MetricUnit.Bytes, summary.bytes_in)
    metrics.add_metric("BytesOut", MetricUnit.Bytes, summary.bytes_out)
    metrics.flush_metrics()


def record_crash(conversion_id: str) -> None:
    """Without an outcome the conversion would be `lost` once its deadline is past."""
    detail = "The function that converted the document failed; its operators have been told."
    finish_conversion(conversion_id, Outcome(problem=describe_error(ConversionFailed(detail, code="crashed"))))
