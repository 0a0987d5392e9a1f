"""GET /health: the version that runs here, and whether it reaches the database when it is asked to find out."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from crosswalk.http.handler import create_handler
from crosswalk.http.problems import describe_problems
from crosswalk.settings import read_service_settings

router = APIRouter()


class HealthQuery(BaseModel):
    """The query of GET /health."""

    model_config = ConfigDict(extra="forbid")

    database: Literal["0", "1"] = Field("0", description="1 asks the database too.")


class Health(BaseModel):
    version: str


@router.get("/health", summary="Ask whether the service is well", responses=describe_problems(400, 503))
async def check_health(query: Annotated[HealthQuery, Query()]) -> Health:
    if query.database == "1":
        # Imported only here, so that a plain check neither waits for the driver nor fails for want of its settings.
        from crosswalk import database

        await database.execute(database.PROBE, {}, repeatable=True)
    return Health(version=read_service_settings().crosswalk_version)


handler = create_handler(router)
