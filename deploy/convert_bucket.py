"""Converts a whole bucket by the state machine of a stack, and follows it: make convert-bucket

python -m deploy.convert_bucket ENVIRONMENT FROM TO AS [NAME=VALUE ...]   starts a fleet, AS xml or json
python -m deploy.convert_bucket ENVIRONMENT RUN                           looks at one again

FROM and TO are such as s3://feeds/2026/. NAME is an option of the route that converts the same way, or at_once (10),
or tolerated (0): how many objects at once, and how many percent of the calls may fail.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from tqdm import tqdm

from crosswalk.conversions.fleet import RESULTS
from crosswalk.terminal import show
from deploy.account import AT_ONCE, advise_on_fleet
from deploy.settings import read_settings
from deploy.stack import DeployError, require_stack

INTERVAL = 5.0
"""Seconds between two looks."""
SHOWN = 20
"""Documents that are named in the summary; the results name all."""
NUMBERS: dict[str, Callable[[str], float]] = {"at_once": int, "tolerated": float}


@dataclass
class Tally:
    """What became of a fleet's objects.

    losses: by name, how many documents have it. untold: results of earlier attempts, which alone know their losses.
    refused, failed: by key, why.
    """

    statuses: dict[str, int] = field(default_factory=dict)
    losses: dict[str, int] = field(default_factory=dict)
    untold: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def main(arguments: list[str]) -> int:
    """The program's exit status: 1 also where documents were refused or calls failed."""
    try:
        match arguments:
            case [_, run]:  # which names its environment itself
                return follow(run)
            case [name, source, target, to, *options]:
                return follow(start(read_machine(name), describe_fleet(source, target, to, options)))
    except (BotoCoreError, ClientError, DeployError) as error:  # among them no region, or no credentials
        print(error, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


def read_machine(name: str) -> str:
    """The ARN of the environment's state machine."""
    outputs = require_stack(read_settings(name).stack).outputs
    if "Fleets" not in outputs:
        raise DeployError(f"{name} has no fleets: set FleetSource and FleetTarget in samconfig.toml, and deploy.")
    return outputs["Fleets"]


def describe_fleet(source: str, target: str, to: str, options: list[str]) -> dict[str, Any]:
    """What the state machine is started with."""
    fleet: dict[str, Any] = {"source": read_place(source), "target": read_place(target), "to": to, "options": {}}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise DeployError(f"{option} is no option: NAME=VALUE")
        if name in NUMBERS:
            fleet[name] = read_number(name, value)
        elif name == "mapping":
            fleet[name] = value
        else:
            fleet["options"][name] = value
    return fleet


def read_number(name: str, value: str) -> float:
    try:
        return NUMBERS[name](value)
    except ValueError as error:
        raise DeployError(f"{name} is a number, not {value}") from error


def read_place(address: str) -> dict[str, str]:
    """A bucket and a prefix, which is the name of a folder: exactly as given, but for a slash at its end."""
    bucket, _, path = address.removeprefix("s3://").partition("/")
    if not address.startswith("s3://") or not bucket:
        raise DeployError(f"{address} is no place in S3: s3://bucket/folder/")
    if f"/{path}".endswith("//"):
        raise DeployError(f"{address} ends in a folder without a name: s3://bucket/folder/")
    return {"bucket": bucket, "prefix": f"{path.removesuffix('/')}/" if path else ""}


def start(machine: str, fleet: dict[str, Any]) -> str:
    """Start the fleet; returns the ARN of its run."""
    for advice in advise_on_fleet(fleet.get("at_once", AT_ONCE)):
        print(advice)
    name = time.strftime("%Y-%m-%d-%H%M%S", time.gmtime())
    client = boto3.client("stepfunctions")
    run: str = client.start_execution(stateMachineArn=machine, name=name, input=json.dumps(fleet))["executionArn"]
    return run


def follow(run: str) -> int:
    """Show how far the fleet is, and in the end what became of it. Ctrl-C ends the looking, not the fleet."""
    print(f"The run is {run}")
    try:
        watch(run)
    except KeyboardInterrupt:
        print(
            f"\nIt goes on. To look again: make convert-bucket RUN={run}"
            f"\nTo stop it: aws stepfunctions stop-execution --execution-arn {run}"
        )
        return 0
    return report(run)


def watch(run: str) -> None:
    """A bar until the fleet has ended."""
    client = boto3.client("stepfunctions")
    with tqdm(unit=" objects", dynamic_ncols=True) as bar:
        while True:
            ended = client.describe_execution(executionArn=run)["status"] != "RUNNING"
            counts = read_counts(run)
            bar.total = counts.get("total") or None
            bar.set_postfix(running=counts.get("running", 0), failed=count_failed(counts), refresh=False)
            bar.update(counts.get("succeeded", 0) + count_failed(counts) - bar.n)
            bar.refresh()
            if ended:
                return
            time.sleep(INTERVAL)


def read_counts(run: str) -> dict[str, int]:
    """How many objects are in which state; nothing before the list of objects is read."""
    client = boto3.client("stepfunctions")
    runs = client.list_map_runs(executionArn=run)["mapRuns"]
    counts: dict[str, int] = client.describe_map_run(mapRunArn=runs[0]["mapRunArn"])["itemCounts"] if runs else {}
    return counts


def count_failed(counts: dict[str, int]) -> int:
    return sum(counts.get(name, 0) for name in ("failed", "timedOut", "aborted"))


def report(run: str) -> int:
    """Print what became of the fleet; the exit status."""
    execution = boto3.client("stepfunctions").describe_execution(executionArn=run)
    target = json.loads(execution["input"])["target"]
    folder = f"{target.get('prefix', '')}{RESULTS}{execution['name']}/"
    tally = count_results(target["bucket"], folder)
    counted = ", ".join(f"{count} {status}" for status, count in sorted(tally.statuses.items()))
    print(f"{execution['status']}: {counted or 'nothing was converted'}")
    if tally.losses:
        print(show("Losses: " + ", ".join(f"{name} in {count}" for name, count in sorted(tally.losses.items()))))
    if tally.untold:
        print(f"Written by an earlier attempt, whose losses are not told again: {tally.untold}")
    if execution["status"] != "SUCCEEDED":
        print(show(f"{execution.get('error', 'No error')}: {execution.get('cause', 'no cause is told')}"))
    for title, documents in (("Refused", tally.refused), ("Failed", tally.failed)):
        for key, reason in list(documents.items())[:SHOWN]:
            print(show(f"{title}: {key}: {reason}"))
        if len(documents) > SHOWN:
            print(f"... and {len(documents) - SHOWN} more")
    print(show(f"What became of each: s3://{target['bucket']}/{folder}"))
    return 0 if execution["status"] == "SUCCEEDED" and not tally.refused and not tally.failed else 1


def count_results(bucket: str, folder: str) -> Tally:
    """What the state machine has written of the objects.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
    """
    tally = Tally()
    files = read_manifest(bucket, folder)
    for file in files.get("SUCCEEDED", []):
        for answer in read_lines(bucket, file["Key"]):
            count_answer(tally, answer)
    for file in files.get("FAILED", []):
        for child in read_lines(bucket, file["Key"]):
            tally.statuses["failed"] = tally.statuses.get("failed", 0) + 1
            tally.failed[json.loads(child["Input"])["key"]] = f"{child.get('Error')}: {child.get('Cause')}"
    return tally


def count_answer(tally: Tally, answer: dict[str, Any]) -> None:
    """Add one of the function's answers."""
    tally.statuses[answer["status"]] = tally.statuses.get(answer["status"], 0) + 1
    if answer["status"] == "refused":
        tally.refused[answer["key"]] = describe_problem(answer["problem"])
    if answer["status"] == "done" and "losses" not in answer:
        tally.untold += 1
    for loss in answer.get("losses", []):
        tally.losses[loss] = tally.losses.get(loss, 0) + 1


def read_manifest(bucket: str, folder: str) -> dict[str, list[dict[str, Any]]]:
    """The files of results, by what became of the objects in them; none where nothing was run."""
    client = boto3.client("s3")
    found = client.list_objects_v2(Bucket=bucket, Prefix=folder).get("Contents", [])
    for key in (one["Key"] for one in found if one["Key"].endswith("/manifest.json")):
        manifest = json.load(client.get_object(Bucket=bucket, Key=key)["Body"])
        files: dict[str, list[dict[str, Any]]] = manifest["ResultFiles"]
        return files
    return {}


def read_lines(bucket: str, key: str) -> Iterator[Any]:
    """The lines of an object, each JSON, as they come: there may be a million of them."""
    body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
    return (json.loads(line) for line in body.iter_lines() if line.strip())


def describe_problem(problem: dict[str, Any]) -> str:
    places = [f"{name} {problem[name]}" for name in ("line", "column", "pointer", "path") if name in problem]
    return f"{problem['detail']} ({', '.join(places)})" if places else str(problem["detail"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
