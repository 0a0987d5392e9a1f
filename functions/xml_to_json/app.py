"""POST /xml2json: an XML document in, a JSON text out."""

from time import perf_counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from crosswalk.converter import convert_xml_to_json
from crosswalk.http.documents import answer_document, describe_document, receive_document, record_conversion
from crosswalk.http.handler import create_handler
from crosswalk.http.parameters import TrueOrFalse, WholeNumber
from crosswalk.http.problems import describe_problems

router = APIRouter()


class Options(BaseModel):
    """The query of POST /xml2json; the converter refuses an option that does not apply to the mapping."""

    model_config = ConfigDict(extra="forbid")

    mapping: Literal["auto", "item", "natural", "xpath", "jsonml"] = Field(
        "auto", description="The rules to convert by; auto knows item and xpath by their root and else takes natural."
    )
    indent: WholeNumber = Field(0, ge=0, le=8, description="Spaces for each level; 0 writes no white space.")
    attribute_prefix: str = Field("@", description="natural: what the names of members for attributes begin with.")
    text_key: str = Field("#text", description="natural: the member for an element's text.")
    force_list: str = Field("", description="natural: names, separated by commas, of elements that are always lists.")
    strip_whitespace: TrueOrFalse = Field(True, description="natural: leave out white space around text.")
    namespaces: Literal["prefixed", "expanded"] = Field(
        "prefixed", description="natural: names as written, or with their namespace in the prefix's place (one-way)."
    )
    types: Literal["strings", "infer"] = Field(
        "strings", description="natural: every text a string, or true, false and numbers as what they look like."
    )

    def choose(self) -> dict[str, Any]:
        """What the query asks for, as the converter takes it."""
        chosen = self.model_dump(exclude_unset=True)
        if "force_list" in chosen:
            chosen["force_list"] = [name.strip() for name in self.force_list.split(",") if name.strip()]
        return chosen


@router.post(
    "/xml2json",
    summary="Convert an XML document to JSON",
    response_class=Response,
    responses={**describe_document("application/json"), **describe_problems(400, 413, 422)},
    openapi_extra={"requestBody": {"required": True, "content": {"application/xml": {"schema": {"type": "string"}}}}},
)
async def post_xml(request: Request, options: Annotated[Options, Query()]) -> Response:
    document = await receive_document(request)
    started = perf_counter()
    conversion = convert_xml_to_json(document, **options.choose())
    answer = answer_document(request, conversion, "application/json")
    record_conversion("xml_to_json", document, conversion, started)
    return answer


handler = create_handler(router)
