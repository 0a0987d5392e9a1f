"""Operation: converts one object of a fleet. The fleet's state machine calls it, first with the fleet itself.

Event: {"fleet": {...}, "run": NAME}; answer: the fleet with its defaults, its options and the place of its results.
Event: {"key", "source", "target", "to", "options"}; answer: {"key", "status": "done", "skipped" or "refused", ...}.
`done` comes without losses where an earlier attempt wrote the result: a result does not tell them, since its metadata
is written before they are known.
A document that cannot be converted is refused, which is an answer. Whatever else goes wrong is raised: TransientFailure
where another attempt may succeed.
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from fastapi.exceptions import RequestValidationError

from crosswalk.conversions.fleet import RESULTS, FleetRefused, Place, is_document, name_result, read_fleet
from crosswalk.conversions.storage import ALREADY_THERE, find_object, is_passing
from crosswalk.conversions.transfer import Limits, S3Object, check_name, check_size, convert_object, describe_origin
from crosswalk.errors import ConversionFailed, CrosswalkError
from crosswalk.http.conversions import choose_options
from crosswalk.http.problems import describe_error
from crosswalk.settings import check_settings, read_storage_settings
from crosswalk.telemetry import list_frames, logger

check_settings(read_storage_settings)


class TransientFailure(Exception):
    """Something failed that may not fail again."""


class ConversionCrashed(Exception):
    """Stands for an unexpected error, whose own message may quote a key or a document."""


@logger.inject_lambda_context(clear_state=True)
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    if "fleet" in event:
        return prepare_fleet(event["fleet"], event["run"])
    limits = Limits.of_invocation(context.get_remaining_time_in_millis(), int(context.memory_limit_in_mb))
    try:
        answer = answer_object(event, limits)
    except TransientFailure:
        raise
    except Exception as error:
        cause = find_cause(error)
        logger.error("unexpected error", traceback=list_frames(error))
        failure = TransientFailure if may_pass(cause) else ConversionCrashed
        raise failure(describe_cause(cause)) from None
    logger.info("converted", status=answer["status"])
    return {"key": event["key"], **answer}


def prepare_fleet(description: dict[str, Any], run: str) -> dict[str, Any]:
    """What the state machine goes on with. Raises FleetRefused before any object is read."""
    fleet = read_fleet(description)
    try:
        options = choose_options(fleet.to, fleet.choose_options())
    except CrosswalkError as error:
        raise FleetRefused(error.detail) from None
    except RequestValidationError as error:
        first = error.errors()[0]
        raise FleetRefused(f"{first['loc'][-1]}: {first['msg']}") from None
    return {
        "source": fleet.source.model_dump(),
        "target": fleet.target.model_dump(),
        "to": fleet.to,
        "options": options,
        "at_once": fleet.at_once,
        "tolerated": fleet.tolerated,
        "results": f"{fleet.target.prefix}{RESULTS}{run}",
    }


def answer_object(event: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """What became of the object. Another attempt finds the result of one that had succeeded."""
    source, target = Place(**event["source"]), Place(**event["target"])
    if not is_document(event["key"], source):
        return {"status": "skipped"}
    document = S3Object(source.bucket, event["key"])
    result = name_result(event["key"], source, target, event["to"], event["options"])
    try:
        return convert(document, result, event["to"], event["options"], limits)
    except ConversionFailed as error:
        if error.code == "replaced":
            raise TransientFailure("the document was replaced while it was read") from None
        return {"status": "refused", "problem": describe_error(error)}
    except CrosswalkError as error:
        return {"status": "refused", "problem": describe_error(error)}


def convert(document: S3Object, result: S3Object, to: Any, options: dict[str, Any], limits: Limits) -> dict[str, Any]:
    check_name(result)
    found = find_object(document.bucket, document.key)
    if found is None:
        raise ConversionFailed("The document was removed before it was read.", code="vanished")
    origin = describe_origin(found.etag, to, options)
    if earlier := find_earlier(result, origin):
        return earlier
    check_size(found.size)
    try:
        summary = convert_object(document, found.etag, result, to, options, limits, {"Metadata": origin})
    except ConversionFailed as error:
        if error.code == "exists" and (earlier := find_earlier(result, origin)):
            return earlier  # another attempt at the same object was quicker
        raise
    return {
        "status": "done",
        "mapping": summary.mapping,
        "losses": list(summary.losses),
        "bytes_in": summary.bytes_in,
        "bytes_out": summary.bytes_out,
    }


def find_earlier(result: S3Object, origin: Mapping[str, str]) -> dict[str, Any] | None:
    """The answer where another attempt wrote the result; raises ConversionFailed where it has another origin."""
    earlier = find_object(result.bucket, result.key)
    if earlier is None:
        return None
    if not origin.items() <= earlier.metadata.items():
        raise ConversionFailed("Another object has the result's name.", code="exists")
    return {"status": "done", "bytes_out": earlier.size}


def find_cause(error: BaseException) -> BaseException:
    """The error of botocore's that smart_open wraps in one of its own; else the error itself."""
    cause: BaseException | None = error
    while cause and not isinstance(cause, BotoCoreError | ClientError):
        cause = cause.__cause__
    return cause or error


def may_pass(error: BaseException) -> bool:
    """Whether another attempt may succeed, after botocore's four. ALREADY_THERE says that one is writing the result."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in ALREADY_THERE or is_passing(error)
    return isinstance(error, BotoCoreError | OSError)  # smart_open's own, where reading breaks off again and again


def describe_cause(error: BaseException) -> str:
    """The error's type, and of one of S3's what was asked and what it answered."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error']['Code']}"
    return type(error).__name__
