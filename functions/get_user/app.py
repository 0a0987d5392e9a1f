"""GET /user?email=: one user."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from crosswalk.http.handler import create_handler
from crosswalk.http.problems import describe_problems
from crosswalk.http.users import UserQuery, answer_read
from crosswalk.users import User, get_user

router = APIRouter()


@router.get(
    "/user",
    summary="Get a user",
    response_model=User,
    responses={304: {"description": "Not modified"}, **describe_problems(400, 404, 503)},
)
async def read_user(request: Request, query: Annotated[UserQuery, Query()]) -> Response:
    return answer_read(request, await get_user(query.email))


handler = create_handler(router)
