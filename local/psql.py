"""Opens psql on the database of this machine, as the owner of the tables: python -m local.psql [ARGUMENTS]"""

import os
import signal
import subprocess
import sys

from crosswalk.migrations import CONNECT_TIMEOUT
from crosswalk.settings import DatabaseSettings
from local.postgres import SharedServer


def main(arguments: list[str]) -> int:
    shared = SharedServer()
    try:
        settings = DatabaseSettings.model_validate(shared.start())
        target = {
            "PGHOST": settings.postgres_db_host,
            "PGPORT": str(settings.postgres_db_port),
            "PGDATABASE": settings.postgres_db_name,
            "PGUSER": settings.owner,
            "PGCONNECT_TIMEOUT": str(CONNECT_TIMEOUT),
            "PGPASSWORD": settings.get_password(settings.owner) or "",
        }
        signal.signal(signal.SIGINT, lambda number, frame: None)  # it is psql's, which does not end by it
        return subprocess.call([shared.server.programs / "psql", *arguments], env={**os.environ, **target})
    finally:
        shared.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
