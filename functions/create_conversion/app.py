"""POST /conversions: begins the conversion of a document of any size, and says where to upload it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from crosswalk.conversions.state import Invitation, Request, create_conversion
from crosswalk.errors import DocumentTooLarge
from crosswalk.http.conversions import answer_conversion, choose_options, describe_options
from crosswalk.http.handler import create_handler
from crosswalk.http.parameters import WholeNumber
from crosswalk.http.problems import describe_problems
from crosswalk.settings import check_settings, read_conversion_settings

check_settings(read_conversion_settings)
router = APIRouter()


class ConversionQuery(BaseModel):
    """The query of POST /conversions; what else it holds are options of the route that converts the same way."""

    model_config = ConfigDict(extra="allow")

    to: Literal["xml", "json"] = Field(description="What to convert the document to.")
    bytes: WholeNumber = Field(ge=1, description="The document's size; exactly as many can be uploaded.")


class Waiting(BaseModel):
    """A conversion that waits for its document."""

    id: str
    status: Literal["waiting"]
    upload: str = Field(description="Where to PUT the document.")
    expires_at: str = Field(description="Until when an upload may begin.")


@router.post(
    "/conversions",
    summary="Begin a conversion of a document of any size",
    status_code=201,
    response_model=Waiting,
    responses=describe_problems(400, 413, 503),
    openapi_extra={"parameters": describe_options()},
)
async def begin_conversion(query: Annotated[ConversionQuery, Query()]) -> Response:
    options = choose_options(query.to, query.model_extra or {})
    limit = read_conversion_settings().conversions_limit
    if query.bytes > limit:
        raise DocumentTooLarge(
            f"A document may have {limit} bytes. `python -m crosswalk` converts larger ones on a machine of your own.",
            limit=limit,
        )
    return invite(create_conversion(Request(query.to, options, query.bytes)))


def invite(invitation: Invitation) -> Response:
    content = {
        "id": invitation.id,
        "status": "waiting",
        "upload": invitation.upload,
        "expires_at": invitation.expires_at,
    }
    return answer_conversion(content, 201, {"Location": f"conversions/{invitation.id}"})


handler = create_handler(router)
