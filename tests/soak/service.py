"""`python -m local` whose functions, and so their clients, find S3 where the environment's S3_RELAY says."""

import os
import sys
from unittest.mock import patch

import local.__main__ as program
from local.host.service import Function
from local.storage import Storage


class StorageBehindRelay(Storage):
    async def provide(self, function: Function) -> dict[str, str]:
        variables = await super().provide(function)
        return {name: os.environ["S3_RELAY"] if value == self.address else value for name, value in variables.items()}


if __name__ == "__main__":
    with patch.object(program, "Storage", StorageBehindRelay):
        sys.exit(program.main())
