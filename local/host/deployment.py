"""What is deployed on this machine: the template's functions with their environments, renewed when a file changes."""

import asyncio
import contextlib
import os
from pathlib import Path

from local.host.environment import Log
from local.host.pool import Pool, Provide, Starts
from local.host.template import TemplateError, read_template

INTERVAL = 0.3  # seconds between two looks for changes; a look at a hundred files takes about a millisecond


class Deployment:
    """The service of one template; raises TemplateError if it cannot be read."""

    def __init__(self, template: Path, *, provide: Provide, log: Log) -> None:
        self._template = template
        self.service = read_template(template)
        self._provide = provide
        self._log = log
        self._starts = Starts(os.cpu_count() or 1)
        self._pools = self._create_pools()
        self._retired: list[Pool] = []
        self._seen = self._look()

    async def invoke(self, logical_id: str, event: bytes, trace_id: str = "") -> bytes:
        """Has a function answer any event (JSON); returns its answer (JSON). Raises InvocationError."""
        return await self._pools[logical_id].invoke(event, trace_id)

    async def watch(self) -> None:
        """Renews the deployment whenever the template, a function or a layer changes. Does not return."""
        while True:
            await asyncio.sleep(INTERVAL)
            with contextlib.suppress(OSError):  # a folder went while it was looked at: the next look tells
                if (now := self._look()) != self._seen:
                    self._seen = now
                    self._log("local", "files have changed")
                    await self.renew()

    async def renew(self) -> None:
        """Reads the template again and lets new environments answer from now on; a broken one changes nothing."""
        try:
            self.service = read_template(self._template)
        except TemplateError as error:
            self._log("local", f"{error}. The template stays in use as it was before.")
            return
        replaced, self._pools = list(self._pools.values()), self._create_pools()
        self._retired = [pool for pool in [*self._retired, *replaced] if not pool.empty]
        self._log("local", "the next requests get new environments")
        await asyncio.gather(*(pool.retire() for pool in replaced))

    async def close(self) -> None:
        """Ends every process."""
        await asyncio.gather(*(pool.close() for pool in [*self._pools.values(), *self._retired]))

    def _look(self) -> dict[Path, int]:
        """The files that the deployment is made of, and when each was written."""
        functions = self.service.functions.values()
        folders = {folder for function in functions for folder in (function.code, *function.layers)}
        seen = {}
        for file in [self._template, *(file for folder in folders for file in folder.rglob("*"))]:
            with contextlib.suppress(FileNotFoundError):  # an editor has just replaced it
                if file.is_file() and file.suffix != ".pyc":
                    seen[file] = file.stat().st_mtime_ns
        return seen

    def _create_pools(self) -> dict[str, Pool]:
        return {
            logical_id: Pool(function, provide=self._provide, starts=self._starts, log=self._log)
            for logical_id, function in self.service.functions.items()
        }
