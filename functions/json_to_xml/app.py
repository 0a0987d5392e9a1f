"""POST /json2xml: a JSON text in, an XML document out."""

from time import perf_counter
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from crosswalk.converter import convert_json_to_xml
from crosswalk.http.documents import answer_document, describe_document, receive_document, record_conversion
from crosswalk.http.handler import create_handler
from crosswalk.http.parameters import TrueOrFalse, WholeNumber
from crosswalk.http.problems import describe_problems

router = APIRouter()


class Options(BaseModel):
    """The query of POST /json2xml; the converter refuses an option that does not apply to the mapping."""

    model_config = ConfigDict(extra="forbid")

    mapping: Literal["item", "natural", "xpath", "jsonml"] = Field("item", description="The rules to convert by.")
    indent: WholeNumber = Field(
        0, ge=0, le=8, description="Spaces for each level; 0 writes no white space. Not with jsonml."
    )
    attribute_prefix: str = Field("@", description="natural: what the names of members begin with that are attributes.")
    text_key: str = Field("#text", description="natural: the member that is an element's text.")
    root: str = Field("root", description="natural: the name of the root element, where the document gives none.")
    item: str = Field("item", description="natural: the name of elements for items of a list without a name.")
    escape: TrueOrFalse = Field(
        True, description="xpath: write what XML cannot carry as JSON escapes, so nothing is lost."
    )
    duplicates: str = Field(
        "reject",
        description="xpath: what becomes of members with the same name.",
        # The converter refuses any other, with the specification's own code.
        json_schema_extra={"enum": ["reject", "use-first", "retain"]},
    )


@router.post(
    "/json2xml",
    summary="Convert a JSON text to XML",
    response_class=Response,
    responses={**describe_document("application/xml"), **describe_problems(400, 413, 422)},
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}},
)
async def post_json(request: Request, options: Annotated[Options, Query()]) -> Response:
    document = await receive_document(request)
    started = perf_counter()
    conversion = convert_json_to_xml(document, **options.model_dump(exclude_unset=True))
    answer = answer_document(request, conversion, "application/xml; charset=utf-8")
    record_conversion("json_to_xml", document, conversion, started)
    return answer


handler = create_handler(router)
