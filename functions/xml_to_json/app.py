"""POST /xml2json: an XML document in, a JSON text out."""

from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from crosswalk.converter import convert_xml_to_json
from crosswalk.http.documents import answer_document, describe_document, receive_document, record_conversion
from crosswalk.http.handler import create_handler
from crosswalk.http.options import XmlToJsonOptions
from crosswalk.http.problems import describe_problems

router = APIRouter()


@router.post(
    "/xml2json",
    summary="Convert an XML document to JSON",
    response_class=Response,
    responses={**describe_document("application/json", "application/jsonl"), **describe_problems(400, 413, 422)},
    openapi_extra={"requestBody": {"required": True, "content": {"application/xml": {"schema": {"type": "string"}}}}},
)
async def post_xml(request: Request, options: Annotated[XmlToJsonOptions, Query()]) -> Response:
    document = await receive_document(request)
    started = perf_counter()
    conversion = convert_xml_to_json(document, **options.choose())
    media_type = "application/jsonl" if options.lines else "application/json"
    answer = answer_document(request, conversion, media_type)
    record_conversion("xml_to_json", document, conversion, started)
    return answer


handler = create_handler(router)
