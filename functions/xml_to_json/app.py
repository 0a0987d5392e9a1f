"""POST /xml2json: an XML document in, a JSON text out."""

from time import perf_counter
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from crosswalk.api import WholeNumber, create_handler, describe_problems
from crosswalk.converter import convert_xml_to_json
from crosswalk.documents import answer_document, receive_document, record_conversion

router = APIRouter()


class Options(BaseModel):
    """The query of POST /xml2json; the converter refuses an option that does not apply to the mapping."""

    model_config = ConfigDict(extra="forbid")

    mapping: Literal["auto", "item", "natural", "xpath", "jsonml"] = "auto"
    indent: WholeNumber = Field(0, le=8, description="Spaces for each level; 0 writes no white space.")


@router.post(
    "/xml2json",
    summary="Convert an XML document to JSON",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}, **describe_problems(400, 413, 422)},
    openapi_extra={"requestBody": {"required": True, "content": {"application/xml": {"schema": {"type": "string"}}}}},
)
async def post_xml(request: Request, options: Annotated[Options, Query()]) -> Response:
    document = await receive_document(request)
    started = perf_counter()
    conversion = convert_xml_to_json(document, **options.model_dump(exclude_unset=True))
    record_conversion("xml_to_json", document, conversion, started)
    return answer_document(request, conversion, "application/json")


handler = create_handler(router)
