"""`python -m local` serves template.yaml and site/ on this machine; `python -m local invoke NAME [EVENT]` calls one
function, with the JSON in the file EVENT or none.

PORT (3000; 0 takes a free one) and HOST (127.0.0.1) say where.
"""

import asyncio
import os
import sys
from pathlib import Path

from local.database import Database
from local.host.deployment import Deployment
from local.host.environment import InvocationError
from local.host.gateway import Gateway
from local.host.pool import MAXIMUM
from local.host.server import Server, listen
from local.host.template import Service, TemplateError

TEMPLATE = Path("template.yaml")
SITE = Path("site")


def main(arguments: list[str]) -> int:
    """The program's exit status."""
    try:
        match arguments:
            case []:
                return asyncio.run(serve())
            case ["invoke", name]:
                return asyncio.run(invoke(name, None))
            case ["invoke", name, event]:
                return asyncio.run(invoke(name, Path(event)))
    except TemplateError as error:
        print(error, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


async def serve() -> int:
    """Serves until Ctrl-C or SIGTERM."""
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "3000")
    try:
        listener = listen(host, int(port))
    except (OSError, OverflowError, ValueError) as error:
        print(f"Cannot listen on HOST={host} PORT={port}: {error}. Another port: make start PORT=3001", file=sys.stderr)
        return 1
    database = Database(log)
    deployment = Deployment(TEMPLATE.resolve(), provide=database.provide, log=log)
    announce(deployment.service, f"http://{host}:{listener.getsockname()[1]}")
    watching = asyncio.create_task(deployment.watch())
    preparing = [asyncio.create_task(database.provide(each)) for each in deployment.service.functions.values()]
    try:
        await Server(Gateway(deployment, SITE, log)).serve([listener])
    finally:
        for task in (watching, *preparing):
            task.cancel()
        await deployment.close()
        await database.stop()
    return 0


async def invoke(name: str, event: Path | None) -> int:
    """Calls one function, as `sam local invoke` does, and prints its answer."""
    database = Database(log)
    deployment = Deployment(TEMPLATE.resolve(), provide=database.provide, log=log)
    functions = {function.name: function for function in deployment.service.functions.values()}
    if name not in functions:
        print(f"No function {name}; there are {', '.join(functions)}", file=sys.stderr)
        return 1
    try:
        answer = await deployment.invoke(functions[name].logical_id, event.read_bytes() if event else b"{}")
    except InvocationError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        await deployment.close()
        await database.stop()
    print(answer.decode())
    return 0


def announce(service: Service, address: str) -> None:
    """Tells what is served where, how to try it, and what is missing."""
    print(f"The page    {address}/")
    for route in sorted(service.routes, key=lambda route: (route.path, route.method)):
        note = "   (signed requests only on AWS, open here)" if route.signed else ""
        print(f"{route.method:<11} {address}{route.path}  {route.function.name}{note}")
    for function in service.functions.values():
        for path in function.missing:
            print(f"Missing     {path}: {function.name} answers 502")
    if not SITE.is_dir():
        print("Missing     site/: there is no page")
    if any(route.path == "/json2xml" for route in service.routes):
        print(f"Try         curl --data '{{\"foo\": 7}}' {address}/json2xml")
    print(f"Up to {MAXIMUM} processes for each function. Changed files are picked up. Ctrl-C ends.", flush=True)


def log(source: str, line: str) -> None:
    print(f"{source:<14} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
