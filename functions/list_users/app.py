"""GET /users: the users by email, page by page."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from crosswalk.errors import InvalidParameter
from crosswalk.http.handler import create_handler
from crosswalk.http.parameters import WholeNumber
from crosswalk.http.problems import describe_problems
from crosswalk.http.users import answer_read
from crosswalk.users import Page, list_users

router = APIRouter()


class PageQuery(BaseModel):
    """The query of GET /users."""

    model_config = ConfigDict(extra="forbid")

    limit: WholeNumber = Field(10, ge=1, le=100, description="Users on a page.")
    offset: WholeNumber = Field(0, ge=0, le=2**63 - 1, description="Users to pass over.")
    after: str | SkipJsonSchema[None] = Field(None, min_length=1, description="The `next` of an earlier page.")


@router.get(
    "/users",
    summary="List the users",
    response_model=Page,
    responses={304: {"description": "Not modified"}, **describe_problems(400, 503)},
)
async def read_users(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    if {"after", "offset"} <= query.model_fields_set:
        raise InvalidParameter("The parameters offset and after exclude each other.", parameter="offset")
    page = await list_users(query.limit, query.offset, query.after)
    # Query-only, so that it is right under any stage or prefix.
    link = {"Link": f'<?{urlencode({"after": page.next, "limit": query.limit})}>; rel="next"'} if page.next else {}
    return answer_read(request, page, link)


handler = create_handler(router)
