"""Runs a `sam local` command with the database of this machine: python -m local.containers sam local start-api ...

Seen from a container this machine has another address: on Linux that of Docker's bridge, which the server then listens
on too; elsewhere Docker has a name for it.
"""

import json
import signal
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

from local.postgres import SharedServer, is_given, takes_connections


def main(command: list[str]) -> int:
    """Runs the command; returns its exit status."""
    bridge = find_bridge() if sys.platform == "linux" else None
    server = SharedServer()
    try:
        variables = server.start(listen=bridge)
        if not is_given():
            variables["POSTGRES_DB_HOST"] = bridge or "host.docker.internal"
        if bridge and not takes_connections(int(variables["POSTGRES_DB_PORT"]), variables["POSTGRES_DB_HOST"]):
            print(f"The database does not listen on {bridge}: end `make start` first", file=sys.stderr)
            return 1
        return run(command, variables)
    except KeyboardInterrupt:
        return 130
    finally:
        server.stop()


def run(command: list[str], variables: dict[str, str]) -> int:
    # What the template says of the database on AWS does not hold here.
    given = {**variables, "POSTGRES_IAM": "false", "POSTGRES_TLS_ROOT": ""}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "variables.json"
        path.write_text(json.dumps({"Parameters": given}))
        return subprocess.call([*command, "--env-vars", str(path)])


def find_bridge() -> str:
    """This machine's address on Docker's own network."""
    inspect = ["docker", "network", "inspect", "bridge", "--format", "{{json (index .IPAM.Config 0)}}"]
    configuration = json.loads(subprocess.check_output(inspect))
    return str(configuration.get("Gateway") or next(ip_network(configuration["Subnet"]).hosts()))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exception, so that the database ends too
    sys.exit(main(sys.argv[1:]))
