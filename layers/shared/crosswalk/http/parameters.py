"""Types of query parameters that read what they say and nothing else, and the rule that each is given once."""

from collections import Counter
from typing import Annotated

from fastapi import Request
from pydantic import BeforeValidator

from crosswalk.errors import InvalidParameter

MAX_NAME = 64
"""Characters of a parameter's name in a problem: the name may be made up by the client, and long."""


def _require_digits(text: object) -> object:
    """Pydantic would also read `3.0`, `+3` and `1_000` as numbers."""
    if isinstance(text, str) and not (text.isascii() and text.isdigit()):
        raise ValueError("must be a whole number")
    return text


WholeNumber = Annotated[int, BeforeValidator(_require_digits)]
"""A query parameter's type: decimal digits and nothing else."""


def _require_true_or_false(text: object) -> object:
    """Pydantic would also read `1`, `on` and `yes`."""
    if isinstance(text, str) and text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text


TrueOrFalse = Annotated[bool, BeforeValidator(_require_true_or_false)]
"""A query parameter's type: `true` or `false`."""


async def refuse_repeated_parameters(request: Request) -> None:
    """A parameter given twice has no one meaning: 400, rather than choosing for the client."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in counts.items():
        if count > 1:
            shown = name[:MAX_NAME]
            raise InvalidParameter(f"The parameter {shown} is given more than once.", parameter=shown)
