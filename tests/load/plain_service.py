"""The service that one would write first, to compare with: FastAPI, one uvicorn worker, psycopg's asynchronous pool.

It lists people by email, at an offset, from a table of its own on the same server; DATABASE says where that is.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Query
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

LIST = "SELECT email, text, created_at, updated_at FROM people ORDER BY email LIMIT %s OFFSET %s"
CONNECTIONS = 10  # as many as the other side has execution environments


@asynccontextmanager
async def lend_connections(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncConnectionPool(os.environ["DATABASE"], min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lend_connections)


@app.get("/users")
async def list_people(
    limit: Annotated[int, Query(ge=1, le=100)] = 10, offset: Annotated[int, Query(ge=0)] = 0
) -> list[dict[str, object]]:
    async with app.state.pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(LIST, [limit, offset])
        rows: list[dict[str, object]] = await cursor.fetchall()
        return rows
