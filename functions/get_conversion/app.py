"""GET /conversions/{id}: how far a conversion is, and where its result is once it is done."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from crosswalk.conversions.state import Conversion, Outcome, find_conversion
from crosswalk.errors import ConversionFailed
from crosswalk.http.conversions import answer_conversion
from crosswalk.http.handler import create_handler
from crosswalk.http.problems import describe_error, describe_problems
from crosswalk.settings import check_settings, read_conversion_settings

check_settings(read_conversion_settings)
router = APIRouter()


class NoQuery(BaseModel):
    """There is nothing to ask for but the id."""

    model_config = ConfigDict(extra="forbid")


class Progress(BaseModel):
    """How far a conversion is. What does not apply is left out."""

    id: str
    status: Literal["waiting", "converting", "done", "failed"]
    mapping: str | None = Field(None, description="done: the mapping that was used.")
    losses: list[str] | None = Field(None, description="done: what the result does not carry, in words.")
    bytes_in: int | None = Field(None, description="done: bytes that were converted.")
    bytes_out: int | None = Field(None, description="done: bytes of the result.")
    result: str | None = Field(None, description="done: where to GET the result, for an hour.")
    problem: dict[str, Any] | None = Field(None, description="failed: a problem document without a status.")


@router.get(
    "/conversions/{id}",
    summary="Ask how far a conversion is",
    response_model=Progress,
    responses=describe_problems(400, 404, 503),
)
async def read_conversion(
    conversion_id: Annotated[str, Path(alias="id")], query: Annotated[NoQuery, Query()]
) -> Response:
    try:
        conversion = find_conversion(conversion_id)
    except ConversionFailed as error:
        conversion = Conversion("failed", Outcome(problem=describe_error(error)))
    content = {"id": conversion_id, "status": conversion.status, "result": conversion.result}
    if conversion.outcome:
        content |= asdict(conversion.outcome)
    return answer_conversion(content)


handler = create_handler(router)
