"""`python -m local` serves template.yaml and site/ on this machine, until Ctrl-C or SIGTERM.

PORT (3000; 0 takes a free one) and HOST (127.0.0.1) say where; LOG=json prints the functions' log lines as they are.
"""

import asyncio
import errno
import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from traceback import format_exception
from typing import Any

from local.console import announce, log
from local.database import Database
from local.host.deployment import Deployment
from local.host.gateway import Gateway
from local.host.server import Server, listen
from local.host.service import Function
from local.host.template import TemplateError
from local.storage import Storage

TEMPLATE = Path("template.yaml")
SITE = Path("site")


def main() -> int:
    """The program's exit status."""
    host = os.environ.get("HOST") or "127.0.0.1"  # empty would be every interface
    port = os.environ.get("PORT", "3000")
    try:
        listener = listen(host, int(port))
    except (OSError, OverflowError, ValueError) as error:
        is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        hint = ". Another port: make start PORT=3001" if is_taken else ""
        print(f"Cannot listen on HOST={host} PORT={port}: {error}{hint}", file=sys.stderr)
        return 1
    try:
        asyncio.run(serve(listener, host))
    except TemplateError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def serve(listener: socket.socket, host: str) -> None:
    """Serves the functions, with their database and their S3, until a signal ends it, and ends them too."""
    database = Database(log)
    storage = Storage(lambda: deployment.service.buckets, log, host)

    async def provide(function: Function) -> dict[str, str]:
        return {**await database.provide(function), **await storage.provide(function)}

    deployment = Deployment(TEMPLATE.resolve(), provide=provide, log=log)
    server = Server(Gateway(deployment, SITE, log, host, storage.name_buckets()))
    server.catch_signals()
    address, port = listener.getsockname()
    announce(deployment.service, f"http://{host}:{port}", SITE.is_dir())
    if not ip_address(address).is_loopback:
        log("local", f"HOST={host} lets other machines in, and nothing checks signatures here")
    if ip_address(address).is_unspecified:  # S3 tells clients one address, and this is none
        log("local", "only this machine can convert large documents; others can when HOST is its address for them")
    tasks = [
        asyncio.create_task(deployment.watch()),
        asyncio.create_task(database.watch(deployment.renew)),
        asyncio.create_task(storage.deliver(deployment)),
        *(asyncio.create_task(provide(each)) for each in deployment.service.functions.values()),
    ]
    for task in tasks:
        task.add_done_callback(tell_of_error)
    try:
        await server.serve([listener])
    finally:
        for task in tasks:
            task.cancel()
        await deployment.close()
        await asyncio.gather(database.stop(), storage.stop())


def tell_of_error(task: asyncio.Task[Any]) -> None:
    """Logs what has ended a task that nobody waits for."""
    if not task.cancelled() and (error := task.exception()):
        log("local", f"a background task has ended\n{''.join(format_exception(error)).rstrip()}")


if __name__ == "__main__":
    sys.exit(main())
