"""POST /user?email=: creates a user, or replaces the one there is."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field

from crosswalk.http.handler import create_handler
from crosswalk.http.problems import describe_problems
from crosswalk.http.users import UserQuery, answer_json
from crosswalk.users import MAX_TEXT, User, save_user

router = APIRouter()


class NewUser(BaseModel):
    """The body, as OpenAPI describes it."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=MAX_TEXT)


@router.post(
    "/user",
    summary="Create or replace a user",
    response_model=User,
    responses={201: {"model": User, "description": "Created"}, **describe_problems(400, 503)},
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": NewUser.model_json_schema()}}}
    },
)
async def post_user(request: Request, query: Annotated[UserQuery, Query()]) -> Response:
    text = read_text(await request.body())
    user, created = await save_user(query.email, text)
    return answer_json(user, 201 if created else 200)


def read_text(body: bytes) -> str:
    """The `text` of the JSON object that is the body, whatever its Content-Type; raises RequestValidationError."""
    try:
        members = json.loads(body.decode("utf-8-sig"), object_pairs_hook=tuple)
    except (ValueError, RecursionError) as error:
        raise refuse("it is not a JSON text in UTF-8") from error
    # Pairs, not a dictionary, tell a member given twice; an object is a tuple here and an array a list.
    if not isinstance(members, tuple) or [name for name, _ in members] != ["text"]:
        raise refuse('it must be a JSON object with one member, "text"')
    text = members[0][1]
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise refuse(f"text must be a string of at most {MAX_TEXT} characters", "text")
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        raise refuse("text holds U+0000 or an unpaired surrogate, which cannot be stored", "text")
    return text


def refuse(reason: str, *where: str) -> RequestValidationError:
    return RequestValidationError([{"type": "value_error", "loc": ("body", *where), "msg": reason}])


handler = create_handler(router)
