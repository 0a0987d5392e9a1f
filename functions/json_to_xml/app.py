"""POST /json2xml: a JSON text in, an XML document out."""

from time import perf_counter
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from crosswalk.api import WholeNumber, create_handler, describe_problems
from crosswalk.converter import convert_json_to_xml
from crosswalk.documents import answer_document, receive_document, record_conversion

router = APIRouter()


class Options(BaseModel):
    """The query of POST /json2xml; the converter refuses an option that does not apply to the mapping."""

    model_config = ConfigDict(extra="forbid")

    mapping: Literal["item", "natural", "xpath", "jsonml"] = "item"
    indent: WholeNumber = Field(0, le=8, description="Spaces for each level; 0 writes no white space.")


@router.post(
    "/json2xml",
    summary="Convert a JSON text to XML",
    response_class=Response,
    responses={200: {"content": {"application/xml": {}}}, **describe_problems(400, 413, 422)},
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}},
)
async def post_json(request: Request, options: Annotated[Options, Query()]) -> Response:
    document = await receive_document(request)
    started = perf_counter()
    conversion = convert_json_to_xml(document, **options.model_dump(exclude_unset=True))
    record_conversion("json_to_xml", document, conversion, started)
    return answer_document(request, conversion, "application/xml; charset=utf-8")


handler = create_handler(router)
