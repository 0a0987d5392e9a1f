"""DELETE /user?email=: marks a user as deleted; the nightly purge removes the row."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from crosswalk.http.handler import create_handler
from crosswalk.http.problems import describe_problems
from crosswalk.http.users import UserQuery
from crosswalk.users import delete_user

router = APIRouter()


@router.delete(
    "/user",
    summary="Delete a user",
    status_code=204,
    response_class=Response,
    responses=describe_problems(400, 404, 503),
)
async def remove_user(query: Annotated[UserQuery, Query()]) -> None:
    await delete_user(query.email)


handler = create_handler(router)
