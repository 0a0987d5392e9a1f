"""What `local.host.template` reads out of a SAM template."""

from pathlib import Path

import pytest

from local.host.intrinsics import Intrinsics, TemplateError, load_yaml
from local.host.service import Service
from local.host.template import read_template
from tests.running import ROOT

HEAD = """
Parameters:
  Name: {Type: String, Default: crosswalk}
  Count: {Type: Number, Default: 2}
  Unset: {Type: String}
Conditions:
  Same: !Equals [!Ref Name, crosswalk]
  Other: !Not [!Condition Same]
Resources:
  Bucket: {Type: AWS::S3::Bucket}
"""


def evaluate(tmp_path: Path, expression: str) -> object:
    path = tmp_path / "template.yaml"
    path.write_text(f"{HEAD}\nValue: {expression}\n")
    template = load_yaml(path)
    return Intrinsics(template).resolve(template["Value"])


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("!Ref Name", "crosswalk"),
        ("!Ref Count", 2),
        ("!Ref Unset", ""),
        ("!Ref Bucket", "Bucket"),
        ("!Ref AWS::Partition", "aws"),
        ("!Sub '${Name}-${Bucket}-${Bucket.Arn}-${!Literal}'", "crosswalk-Bucket-Bucket.Arn-${Literal}"),
        ("!Sub ['${a}${Count}', {a: !Ref Name}]", "crosswalk2"),
        ("!GetAtt Bucket.Outputs.Arn", "Bucket.Outputs.Arn"),
        ("!GetAtt [Bucket, Arn]", "Bucket.Arn"),
        ("!If [Same, 1, 2]", 1),
        ("!If [Other, !Ref Nothing, 2]", 2),
        ("!If [Other, 1, !If [Same, {a: !Ref Count}, 3]]", {"a": 2}),
        ("{a: !If [Other, 1, !Ref AWS::NoValue], b: 2}", {"b": 2}),
        ("[!If [Same, !Ref AWS::NoValue, 1], 2]", [2]),
        ("!Join [',', [a, !Ref Count]]", "a,2"),
        ("{'Fn::Sub': '${Name}'}", "crosswalk"),
        ("!ImportValue shared", "Fn::ImportValue shared"),
    ],
)
def test_an_intrinsic_function_is_evaluated_with_the_defaults(tmp_path: Path, expression: str, value: object) -> None:
    assert evaluate(tmp_path, expression) == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("!Ref Nothing", "Ref Nothing refers to nothing"),
        ("!If [Maybe, 1, 2]", "There is no condition Maybe"),
        ("!Join [1, 2]", "Fn::Join cannot be evaluated"),
    ],
)
def test_a_reference_to_nothing_is_named(tmp_path: Path, expression: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message):
        evaluate(tmp_path, expression)


@pytest.mark.parametrize(
    ("text", "message"),
    [("Resources: [", "is not YAML"), ("[]", "has no Resources"), ("a: 1", "has no Resources")],
)
def test_a_broken_template_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(text)
    with pytest.raises(TemplateError, match=message):
        read_template(path)


FUNCTION = """
Conditions: {Self: !Condition Self}
Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: f, Handler: app.handler, %s}}}
"""


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ("Timeout: soon", "Timeout of F is not a number: 'soon'"),
        ("MemorySize: [1]", r"MemorySize of F is not a number: \[1\]"),
        ("Timeout: !Sub '1${AWS::Region}'", "Timeout of F is not a number"),
        ("Events: {E: {Type: Api, Properties: {Path: /}}}", "template.yaml is not a SAM template: KeyError: 'Method'"),
        ("Handler: 7", "Handler of F is not a text: 7"),
        ("Handler: [a]", r"Handler of F is not a text: \['a'\]"),
        (r'Handler: "a\0b"', r"Handler of F is not a text: 'a\\x00b'"),
        (r'Runtime: "a\0b"', "Runtime of F is not a text"),
        (r'Environment: {Variables: {A: "a\0b"}}', "A of F is not a text"),
        ("Environment: {Variables: {1: a, B: b}}", "1 of F is not a text"),
        ("Environment: text", "template.yaml is not a SAM template"),
        ("Timeout: !If [Self, 1, 2]", "template.yaml is not a SAM template: RecursionError"),
    ],
)
def test_a_property_that_makes_no_sense_is_named(tmp_path: Path, properties: str, message: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(FUNCTION % properties)
    with pytest.raises(TemplateError, match=message):
        read_template(path)


def test_an_absent_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"template\.yaml cannot be read: No such file"):
        read_template(tmp_path / "template.yaml")


@pytest.fixture
def faulty() -> Service:
    return read_template(ROOT / "tests/local_project/template.yaml")


def test_globals_are_merged_into_each_function(faulty: Service) -> None:
    echo, slow = faulty.functions["EchoFunction"], faulty.functions["SlowFunction"]
    assert (echo.handler, echo.timeout, echo.memory, echo.runtime) == ("app.handler", 20, 256, "python3.13")
    assert slow.timeout == 1
    assert echo.environment == {"GREETING": "hello, dev", "TABLE": "Table.Arn", "DEBUG": "yes"}
    assert slow.environment == {"GREETING": "hello, dev"}


def test_buckets_and_the_rules_that_functions_answer_to_are_read(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("""
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {CorsConfiguration: {CorsRules: []}, BucketName: other}}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      CodeUri: functions/echo/
      Events:
        Made: {Type: EventBridgeRule, Properties: {Pattern: {detail: {bucket: {name: [!Ref Bucket]}}}}}
        Timed: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day)}}
""")
    service = read_template(tmp_path / "template.yaml")
    assert service.buckets == {"Bucket": {"CorsConfiguration": {"CorsRules": []}}}
    assert service.functions["Function"].patterns == ({"detail": {"bucket": {"name": ["Bucket"]}}},)


def test_a_resource_whose_condition_is_false_does_not_exist(faulty: Service) -> None:
    assert faulty.find_route("GET", "/production") is None


def test_the_page_gets_the_headers_that_cloudfront_adds(faulty: Service) -> None:
    assert faulty.site_headers == {"Content-Security-Policy": "default-src 'self'", "X-Own": "dev"}


@pytest.mark.parametrize(
    ("method", "path", "resource", "parameters"),
    [
        ("GET", "/echo", "/echo", {}),
        ("PATCH", "/things/a b", "/things/{id}", {"id": "a b"}),
        ("GET", "/files/a/b", "/files/{path+}", {"path": "a/b"}),
    ],
)
def test_a_route_is_found_with_its_parameters(
    faulty: Service, method: str, path: str, resource: str, parameters: dict[str, str]
) -> None:
    found = faulty.find_route(method, path)
    assert found
    assert (found[0].path, found[1]) == (resource, parameters)


@pytest.mark.parametrize(("method", "path"), [("POST", "/things"), ("GET", "/things/a/b"), ("DELETE", "/echo")])
def test_a_route_needs_the_method_and_the_whole_path(faulty: Service, method: str, path: str) -> None:
    assert faulty.find_route(method, path) is None


def test_everything_the_projects_own_template_names_is_there() -> None:
    for function in read_template(ROOT / "template.yaml").functions.values():
        module, _, _ = function.handler.partition(".")
        assert (function.code / f"{module}.py").is_file()
        assert all(layer.is_dir() for layer in function.layers)


def test_the_projects_converters_are_routed_to_functions_that_see_the_layer() -> None:
    service = read_template(ROOT / "template.yaml")
    for path, name in (("/json2xml", "json_to_xml"), ("/xml2json", "xml_to_json")):
        found = service.find_route("POST", path)
        assert found
        assert found[0].function.name == name
        assert found[0].function.layers == (ROOT / "layers/shared",)
        assert not found[0].signed
