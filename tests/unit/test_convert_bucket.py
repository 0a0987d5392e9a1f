"""make convert-bucket: what it starts, what it shows meanwhile, and how it counts results as AWS documents them."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from crosswalk.conversions.fleet import read_fleet
from deploy import convert_bucket
from deploy.convert_bucket import count_results, describe_fleet, follow, read_machine, read_place, start
from deploy.stack import DeployError, StackState
from tests.running import ROOT

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:crosswalk-dev-fleets"
RUN = "arn:aws:states:eu-central-1:123456789012:execution:crosswalk-dev-fleets:2026-11-24-120000"
MAP_RUN = "arn:aws:states:eu-central-1:123456789012:mapRun:crosswalk-dev-fleets/objects:1f86"
FOLDER = "out/crosswalk-results/2026-11-24-120000/"
FLEET = {
    "source": {"bucket": "feeds", "prefix": "in/"},
    "target": {"bucket": "rows", "prefix": "out/"},
    "to": "xml",
    "options": {},
}
DONE = {"key": "in/a.json", "status": "done", "mapping": "item", "losses": [], "bytes_in": 2, "bytes_out": 30}
REFUSED = {
    "key": "in/b.json",
    "status": "refused",
    "problem": {
        "type": "urn:problem-type:crosswalk:malformed-document",
        "title": "The document is malformed",
        "detail": "Unexpected character: expected a value.",
        "line": 2,
        "column": 7,
    },
}
# A child execution that failed, as the writer of results describes it whatever it is asked for.
FAILED = {
    "ExecutionArn": f"{RUN.replace('crosswalk-dev-fleets:', 'crosswalk-dev-fleets/objects:')}",
    "Input": json.dumps({"key": "in/c.json", "to": "xml"}),
    "InputDetails": {"Included": True},
    "Name": "2026",
    "Error": "ConversionCrashed",
    "Cause": '{"errorMessage": "UploadPart: AccessDenied", "errorType": "ConversionCrashed"}',
    "RedriveCount": 0,
    "StartDate": "2026-11-24T12:00:00.000Z",
    "StateMachineArn": f"{MACHINE}/objects",
    "Status": "FAILED",
    "StopDate": "2026-11-24T12:00:01.000Z",
}


class StepFunctions:
    """Answers like the service, of one run; the last state stays."""

    def __init__(self, *states: tuple[str, dict[str, int]]) -> None:
        self.states = list(states)
        self.fleet: dict[str, Any] = FLEET
        self.started: list[dict[str, Any]] = []
        self._now: tuple[str, dict[str, int]] = ("RUNNING", {})

    def start_execution(self, **arguments: Any) -> dict[str, str]:
        self.started.append(arguments)
        return {"executionArn": RUN}

    def describe_execution(self, executionArn: str) -> dict[str, str]:
        assert executionArn == RUN
        if self.states:
            self._now = self.states.pop(0)
        described = {"status": self._now[0], "input": json.dumps(self.fleet), "name": "2026-11-24-120000"}
        if self._now[0] == "FAILED":
            described |= {"error": "States.ExceedToleratedFailureThreshold", "cause": "Too many failures"}
        return described

    def list_map_runs(self, executionArn: str) -> dict[str, list[dict[str, str]]]:
        return {"mapRuns": [{"mapRunArn": MAP_RUN}] if self._now[1] else []}

    def describe_map_run(self, mapRunArn: str) -> dict[str, dict[str, int]]:
        return {"itemCounts": self._now[1]}


class Lambda:
    def get_account_settings(self) -> dict[str, dict[str, int]]:
        return {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 15}}


@pytest.fixture
def s3(aws: None) -> Iterator[Any]:
    """The target's bucket, with a manifest and its files."""
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="rows", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        files = {
            "SUCCEEDED": [{"Key": f"{FOLDER}1f86/SUCCEEDED_{number}.jsonl", "Size": 1} for number in (0, 1)],
            "FAILED": [{"Key": f"{FOLDER}1f86/FAILED_0.jsonl", "Size": 1}],
            "PENDING": [],
        }
        manifest = {"DestinationBucket": "rows", "MapRunArn": MAP_RUN, "ResultFiles": files}
        bodies = {
            f"{FOLDER}1f86/manifest.json": json.dumps(manifest),
            f"{FOLDER}1f86/SUCCEEDED_0.jsonl": f"{json.dumps(DONE)}\n{json.dumps(REFUSED)}\n",
            f"{FOLDER}1f86/SUCCEEDED_1.jsonl": json.dumps({"key": "in/d/", "status": "skipped"}),
            f"{FOLDER}1f86/FAILED_0.jsonl": json.dumps(FAILED),
        }
        for key, body in bodies.items():
            client.put_object(Bucket="rows", Key=key, Body=body)
        yield client


def use(monkeypatch: pytest.MonkeyPatch, service: StepFunctions) -> StepFunctions:
    real = boto3.client
    fakes = {"stepfunctions": service, "lambda": Lambda()}
    monkeypatch.setattr(boto3, "client", lambda name: fakes.get(name) or real(name))
    monkeypatch.setattr(convert_bucket, "INTERVAL", 0.0)
    return service


def counts(**changes: int) -> dict[str, int]:
    return {"total": 4, "running": 0, "succeeded": 0, "failed": 0, "timedOut": 0, "aborted": 0, **changes}


@pytest.mark.parametrize(
    ("address", "bucket", "prefix"),
    [
        ("s3://feeds/2026/", "feeds", "2026/"),
        ("s3://feeds/2026", "feeds", "2026/"),
        ("s3://feeds/a/b c?#[/", "feeds", "a/b c?#[/"),
        ("s3://feeds//a/", "feeds", "/a/"),
        ("s3://feeds/a//b", "feeds", "a//b/"),
        ("s3://feeds", "feeds", ""),
        ("s3://feeds/", "feeds", ""),
    ],
)
def test_a_place_is_a_bucket_and_a_folder(address: str, bucket: str, prefix: str) -> None:
    assert read_place(address) == {"bucket": bucket, "prefix": prefix}


@pytest.mark.parametrize("address", ["feeds/2026", "https://feeds/2026", "s3://", "s3:///a", "S3://a/b"])
def test_what_is_no_place_in_s3_is_refused(address: str) -> None:
    with pytest.raises(DeployError, match="no place in S3"):
        read_place(address)


@pytest.mark.parametrize("address", ["s3://feeds//", "s3://feeds/a//"])
def test_a_folder_without_a_name_is_refused(address: str) -> None:
    with pytest.raises(DeployError, match="without a name"):
        read_place(address)


@pytest.mark.parametrize(("given", "language"), [([], ""), (["AS=json"], "json")])
def test_make_takes_no_assembler_for_a_language(given: list[str], language: str) -> None:
    show = ["make", "--silent", "--eval", 'show: ; @printf %s "$(AS)"', "show", *given]
    assert subprocess.run(show, cwd=ROOT, capture_output=True, text=True, check=True).stdout == language


def test_what_is_started_is_a_fleet() -> None:
    described = describe_fleet(
        "s3://feeds/in", "s3://rows/out", "json", ["mapping=natural", "at_once=5", "types=infer"]
    )
    fleet = read_fleet(described)
    assert (fleet.mapping, fleet.options, fleet.at_once) == ("natural", {"types": "infer"}, 5)


@pytest.mark.parametrize("option", ["at_once", "at_once=many", "tolerated=x"])
def test_a_wrong_option_is_refused(option: str) -> None:
    with pytest.raises(DeployError, match=option.partition("=")[0]):
        describe_fleet("s3://feeds/in", "s3://rows/out", "json", [option])


def test_an_environment_without_fleets_says_how_to_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert_bucket, "require_stack", lambda name: StackState("CREATE_COMPLETE"))
    with pytest.raises(DeployError, match="FleetSource"):
        read_machine("dev")


def test_without_a_region_one_line_says_so(
    aws: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    assert convert_bucket.main(["dev", "arn"]) == 1
    assert capsys.readouterr().err == "You must specify a region.\n"


def test_starting_compares_at_once_with_the_accounts_concurrency(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = use(monkeypatch, StepFunctions())
    assert start(MACHINE, {**FLEET, "at_once": 5}) == RUN
    assert capsys.readouterr().out == ""
    start(MACHINE, {**FLEET, "at_once": 10})
    assert "leaves other functions little of the 15" in capsys.readouterr().out
    assert json.loads(service.started[0]["input"]) == {**FLEET, "at_once": 5}


def test_who_may_not_ask_for_the_accounts_concurrency_gets_no_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(self: Lambda) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "GetAccountSettings")

    monkeypatch.setattr(Lambda, "get_account_settings", refuse)
    use(monkeypatch, StepFunctions())
    assert start(MACHINE, {**FLEET, "at_once": 10}) == RUN
    assert capsys.readouterr().out == ""


def test_results_are_counted_from_the_manifest(s3: Any) -> None:
    tally = count_results("rows", FOLDER)
    assert tally.statuses == {"done": 1, "refused": 1, "skipped": 1, "failed": 1}
    assert tally.refused == {"in/b.json": "Unexpected character: expected a value. (line 2, column 7)"}
    assert tally.failed == {"in/c.json": f"ConversionCrashed: {FAILED['Cause']}"}


def test_losses_are_counted_by_name(
    s3: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [{**DONE, "losses": ["order", "comments"]}, {**DONE, "losses": ["order"]}, DONE]
    s3.put_object(Bucket="rows", Key=f"{FOLDER}1f86/SUCCEEDED_1.jsonl", Body="\n".join(map(json.dumps, answers)))
    use(monkeypatch, StepFunctions(("SUCCEEDED", counts(succeeded=5, failed=1))))
    follow(RUN)
    assert "Losses: comments in 1, order in 2\n" in capsys.readouterr().out
    assert count_results("rows", FOLDER).untold == 0


def test_results_of_earlier_attempts_are_counted_apart(
    s3: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = {"key": "in/a.json", "status": "done", "bytes_out": 30}
    s3.put_object(Bucket="rows", Key=f"{FOLDER}1f86/SUCCEEDED_1.jsonl", Body=json.dumps(earlier))
    use(monkeypatch, StepFunctions(("SUCCEEDED", counts(succeeded=3, failed=1))))
    follow(RUN)
    shown = capsys.readouterr().out
    assert "Written by an earlier attempt, whose losses are not told again: 1\n" in shown
    assert "Losses: " not in shown


def test_a_run_without_results_counts_nothing(s3: Any) -> None:
    assert count_results("rows", "elsewhere/").statuses == {}


def test_a_fleet_is_followed_to_its_end_and_summed_up(
    s3: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    service = StepFunctions(
        ("RUNNING", {}),
        ("RUNNING", counts(running=2, succeeded=1)),
        ("SUCCEEDED", counts(succeeded=3, failed=1)),
    )
    use(monkeypatch, service)
    assert follow(RUN) == 1, "documents were refused"
    shown = capsys.readouterr()
    assert "SUCCEEDED: 1 done, 1 failed, 1 refused, 1 skipped" in shown.out
    assert "Refused: in/b.json: Unexpected character: expected a value. (line 2, column 7)" in shown.out
    assert f"s3://rows/{FOLDER}" in shown.out
    assert "4/4" in shown.err
    assert "failed=1, running=0" in shown.err or "running=0, failed=1" in shown.err


def test_a_run_is_looked_at_again_whatever_environment_it_is_of(
    s3: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, StepFunctions(("SUCCEEDED", counts(succeeded=3, failed=1))))
    convert_bucket.main(["dev", RUN])  # of which there is no stack
    assert "SUCCEEDED: " in capsys.readouterr().out


def test_a_run_into_a_whole_bucket_that_others_started_can_be_looked_at(
    s3: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, StepFunctions(("SUCCEEDED", counts()))).fleet = {**FLEET, "target": {"bucket": "rows"}}
    assert follow(RUN) == 0
    assert "s3://rows/crosswalk-results/2026-11-24-120000/" in capsys.readouterr().out


def test_a_name_in_s3_does_not_control_the_terminal(
    s3: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = {**REFUSED, "key": "in/\x1b[2J\nSUCCEEDED: 4 done"}
    s3.put_object(Bucket="rows", Key=f"{FOLDER}1f86/SUCCEEDED_1.jsonl", Body=json.dumps(refused))
    use(monkeypatch, StepFunctions(("SUCCEEDED", counts(succeeded=3, failed=1))))
    follow(RUN)
    assert r"Refused: in/\x1b[2J\nSUCCEEDED: 4 done: " in capsys.readouterr().out


def test_a_fleet_that_failed_tells_why(
    s3: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, StepFunctions(("FAILED", counts(failed=1))))
    assert follow(RUN) == 1
    assert "States.ExceedToleratedFailureThreshold: Too many failures" in capsys.readouterr().out


def test_ctrl_c_leaves_it_running_and_says_how_to_look_again_or_stop_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use(monkeypatch, StepFunctions(("RUNNING", {})))

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    assert follow(RUN) == 0
    shown = capsys.readouterr().out
    assert f"make convert-bucket RUN={RUN}" in shown
    assert f"aws stepfunctions stop-execution --execution-arn {RUN}" in shown
