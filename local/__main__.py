"""`python -m local` serves template.yaml and site/ on this machine; `python -m local invoke NAME [EVENT]` calls one
function, with the JSON in the file EVENT or none.

PORT (3000; 0 takes a free one) and HOST (127.0.0.1) say where; LOG=json prints the functions' log lines as they are.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from local.console import announce, log
from local.database import Database
from local.host.deployment import Deployment
from local.host.environment import InvocationError
from local.host.gateway import Gateway
from local.host.server import Server, listen
from local.host.service import Function
from local.host.template import TemplateError
from local.storage import Storage

TEMPLATE = Path("template.yaml")
SITE = Path("site")


def main(arguments: list[str]) -> int:
    """The program's exit status."""
    try:
        match arguments:
            case []:
                return asyncio.run(serve())
            case ["invoke", name]:
                return asyncio.run(invoke(name, b"{}"))
            case ["invoke", name, event]:
                return asyncio.run(invoke(name, Path(event).read_bytes()))
    except TemplateError as error:
        print(error, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


@asynccontextmanager
async def deploy(host: str = "127.0.0.1") -> AsyncIterator[tuple[Deployment, Database, Storage]]:
    """The functions, their database and their S3, all ended afterwards."""
    database = Database(log)
    storage = Storage(lambda: deployment.service.buckets, log, host)

    async def provide(function: Function) -> dict[str, str]:
        return {**await database.provide(function), **await storage.provide(function)}

    deployment = Deployment(TEMPLATE.resolve(), provide=provide, log=log)
    try:
        yield deployment, database, storage
    finally:
        await deployment.close()
        await asyncio.gather(database.stop(), storage.stop())


async def serve() -> int:
    """Serves until Ctrl-C or SIGTERM."""
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "3000")
    try:
        listener = listen(host, int(port))
    except (OSError, OverflowError, ValueError) as error:
        print(f"Cannot listen on HOST={host} PORT={port}: {error}. Another port: make start PORT=3001", file=sys.stderr)
        return 1
    async with deploy(host) as (deployment, database, storage):
        announce(deployment.service, f"http://{host}:{listener.getsockname()[1]}", SITE.is_dir())
        tasks = [
            asyncio.create_task(deployment.watch()),
            asyncio.create_task(database.watch(deployment.renew)),
            asyncio.create_task(storage.deliver(deployment)),
            *(asyncio.create_task(database.provide(each)) for each in deployment.service.functions.values()),
            *(asyncio.create_task(storage.provide(each)) for each in deployment.service.functions.values()),
        ]
        gateway = Gateway(deployment, SITE, log, host, storage.name_buckets())
        try:
            await Server(gateway).serve([listener])
        finally:
            for task in tasks:
                task.cancel()
    return 0


async def invoke(name: str, event: bytes) -> int:
    """Calls one function, as `sam local invoke` does, and prints its answer."""
    async with deploy() as (deployment, *_):
        functions = {function.name: function for function in deployment.service.functions.values()}
        if name not in functions:
            print(f"No function {name}; there are {', '.join(functions)}", file=sys.stderr)
            return 1
        try:
            print((await deployment.invoke(functions[name].logical_id, event)).decode())
        except InvocationError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
