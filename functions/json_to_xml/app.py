"""POST /json2xml: a JSON text in, an XML document out."""

from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from crosswalk.converter import convert_json_to_xml
from crosswalk.http.documents import answer_document, describe_document, receive_document, record_conversion
from crosswalk.http.handler import create_handler
from crosswalk.http.options import JsonToXmlOptions
from crosswalk.http.problems import describe_problems

router = APIRouter()


@router.post(
    "/json2xml",
    summary="Convert a JSON text to XML",
    response_class=Response,
    responses={**describe_document("application/xml"), **describe_problems(400, 413, 422)},
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}},
)
async def post_json(request: Request, options: Annotated[JsonToXmlOptions, Query()]) -> Response:
    document = await receive_document(request)
    started = perf_counter()
    conversion = convert_json_to_xml(document, **options.choose())
    answer = answer_document(request, conversion, "application/xml; charset=utf-8")
    record_conversion("json_to_xml", document, conversion, started)
    return answer


handler = create_handler(router)
