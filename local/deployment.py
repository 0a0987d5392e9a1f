"""What is deployed on this machine: the template's functions with their environments, renewed when a file changes."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from watchfiles import awatch

from local.environments import Log, Pool
from local.template import Function, TemplateError, read_template

Provide = Callable[[Function], Awaitable[dict[str, str]]]
"""Gives the variables that a function gets beside the template's, as soon as they are known."""


class Deployment:
    """The service of one template; raises TemplateError when it cannot be read."""

    def __init__(self, template: Path, *, provide: Provide, log: Log) -> None:
        self.service = read_template(template)
        self._template = template
        self._provide = provide
        self._log = log
        self._starts = asyncio.Semaphore(os.cpu_count() or 1)
        self._pools = self._create_pools()
        self._retired: list[Pool] = []
        self._folders_changed = asyncio.Event()

    async def invoke(self, function: Function, event: bytes, trace_id: str) -> bytes:
        """Has the function answer one event. Raises InvocationError."""
        return await self._pools[function.name].invoke(event, trace_id)

    async def renew(self) -> None:
        """Reads the template again and lets new environments answer from now on; a broken one changes nothing."""
        folders = self._folders
        try:
            self.service = read_template(self._template)
        except TemplateError as error:
            self._log("local", f"{error}. The template stays in use as it was before.")
            return
        replaced, self._pools = list(self._pools.values()), self._create_pools()
        self._retired = [pool for pool in [*self._retired, *replaced] if not pool.empty]
        self._log("local", "changes found: the next requests get new environments")
        if self._folders != folders:
            self._folders_changed.set()
        await asyncio.gather(*(pool.retire() for pool in replaced))

    async def watch(self) -> None:
        """Renews the deployment whenever the template, a function or a layer changes. Does not return."""
        await asyncio.gather(self._watch_template(), self._watch_folders())

    async def close(self) -> None:
        """Ends every process."""
        await asyncio.gather(*(pool.close() for pool in [*self._pools.values(), *self._retired]))

    async def _watch_template(self) -> None:
        """Watches its folder, not the file, which an editor may replace by another one."""
        folder, template = self._template.parent, str(self._template)
        async for _ in awatch(folder, recursive=False, watch_filter=lambda _, path: path == template):
            await self.renew()

    async def _watch_folders(self) -> None:
        while True:
            self._folders_changed.clear()
            async for _ in awatch(*self._folders, stop_event=self._folders_changed):
                await self.renew()

    @property
    def _folders(self) -> set[Path]:
        functions = self.service.functions.values()
        return {path for function in functions for path in (function.code, *function.layers) if path.is_dir()}

    def _create_pools(self) -> dict[str, Pool]:
        return {
            name: Pool(function, provide=self._provide, starts=self._starts, log=self._log)
            for name, function in self.service.functions.items()
        }
