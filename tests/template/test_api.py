"""The API: routes, doors, limits, and what API Gateway answers by itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.template.stack import Stack

OPEN = {("POST", "/json2xml"), ("POST", "/xml2json"), ("GET", "/health")}
SIGNED = {
    *(("GET", "/user"), ("POST", "/user"), ("DELETE", "/user"), ("GET", "/users")),
    *(("POST", "/conversions"), ("GET", "/conversions/{id}")),
}
PREFLIGHT = {("OPTIONS", path) for _, path in OPEN | SIGNED}


def gateway_responses(stack: Stack) -> dict[str, Any]:
    responses: dict[str, Any] = stack.one("AWS::ApiGateway::RestApi")["Body"]["x-amazon-apigateway-gateway-responses"]
    return responses


def test_the_routes_are_those_of_the_contract(stack: Stack) -> None:
    assert stack.routes().keys() == OPEN | SIGNED | PREFLIGHT


def test_user_routes_and_conversions_want_a_signature_and_no_other_route_does(stack: Stack) -> None:
    signed = {route for route, one in stack.routes().items() if one["security"] == [{"AWS_IAM": []}]}
    assert signed == SIGNED
    assert all(one["security"] == [{"NONE": []}] for route, one in stack.routes().items() if route not in SIGNED)


def test_api_gateway_calls_functions_by_itself_and_not_with_the_callers_rights(stack: Stack) -> None:
    integrations = [one["x-amazon-apigateway-integration"] for one in stack.routes().values()]
    assert all("credentials" not in integration for integration in integrations)
    every = stack.of_type("AWS::Lambda::Permission").values()
    permissions = [one for one in every if one["Principal"] == "apigateway.amazonaws.com"]
    assert len(permissions) == len(integrations)
    assert all(one["SourceArn"] for one in permissions), "only this API's own routes may call a function"


def test_every_route_has_a_function_whose_folder_has_its_name(stack: Stack) -> None:
    folders = {path.parent.name.replace("_", "") + "function" for path in Path("functions").glob("*/app.py")}
    assert {name.lower() for name in stack.of_type("AWS::Lambda::Function")} == folders
    assert {stack.function_of(one).lower() for one in stack.routes().values()} <= folders


def test_there_is_exactly_one_stage_and_its_requests_are_logged(stack: Stack) -> None:
    stage = stack.one("AWS::ApiGateway::Stage")
    assert stage["AccessLogSetting"]["DestinationArn"] == {"Fn::GetAtt": ["ApiAccessLog", "Arn"]}
    assert "StageName" not in json.dumps(stack.of_type("AWS::ApiGateway::Deployment"))


def test_access_logs_are_json_without_query_or_body(stack: Stack) -> None:
    line = json.loads(stack.one("AWS::ApiGateway::Stage")["AccessLogSetting"]["Format"])
    assert line["id"] == "$context.requestId"
    assert line["route"] == "$context.resourcePath"
    assert not any(word in json.dumps(line).lower() for word in ("query", "body", "input", "$context.path"))


def test_execution_logs_which_would_hold_queries_and_bodies_are_off(stack: Stack) -> None:
    everything = stack.one("AWS::ApiGateway::Stage")["MethodSettings"][0]
    assert (everything["HttpMethod"], everything["ResourcePath"]) == ("*", "/*")
    assert (everything["LoggingLevel"], everything["DataTraceEnabled"]) == ("OFF", False)


def test_functions_are_traced_and_not_the_stage_whose_traces_would_hold_queries(stack: Stack) -> None:
    assert stack.one("AWS::ApiGateway::Stage")["TracingEnabled"] is False
    assert {one["TracingConfig"]["Mode"] for one in stack.of_type("AWS::Lambda::Function").values()} == {"Active"}


def test_the_stage_and_every_route_are_throttled(stack: Stack) -> None:
    settings = stack.one("AWS::ApiGateway::Stage")["MethodSettings"]
    throttled = {
        (one["HttpMethod"], one["ResourcePath"].replace("/~1", "/").replace("~1", "/"))
        for one in settings
        if one["ThrottlingRateLimit"] and one["ThrottlingBurstLimit"]
    }
    assert throttled == OPEN | SIGNED | {("*", "/*")}


def test_bodies_are_bytes_and_long_answers_are_compressed(stack: Stack) -> None:
    api = stack.one("AWS::ApiGateway::RestApi")
    assert api["BinaryMediaTypes"] == ["*/*"]
    assert api["MinimumCompressionSize"] == 1024
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


def test_functions_give_up_before_api_gateway_does(stack: Stack) -> None:
    answering = {stack.function_of(one) for one in stack.routes().values()}
    assert all(stack.properties(name)["Timeout"] < 29 for name in answering)


@pytest.mark.parametrize("kind", ["DEFAULT_4XX", "DEFAULT_5XX"])
def test_a_document_for_several_statuses_names_none(kind: str, stack: Stack) -> None:
    response = gateway_responses(stack)[kind]
    assert "statusCode" not in response
    assert "status" not in json.loads(response["responseTemplates"]["application/problem+json"])


def test_every_answer_of_api_gateway_is_a_problem_document_with_the_requests_id(stack: Stack) -> None:
    for kind, response in gateway_responses(stack).items():
        (body,) = response["responseTemplates"].values()
        problem = json.loads(body)
        assert problem["type"].startswith("urn:problem-type:crosswalk:"), kind
        assert problem["title"], kind
        assert problem["detail"].endswith("."), kind
        assert response["responseParameters"]["gatewayresponse.header.X-Request-Id"] == "context.requestId", kind


def test_answers_of_api_gateway_differ_where_a_person_should_do_something_else(stack: Stack) -> None:
    responses = gateway_responses(stack)
    assert responses.keys() == {
        *("MISSING_AUTHENTICATION_TOKEN", "ACCESS_DENIED", "INVALID_SIGNATURE", "EXPIRED_TOKEN", "WAF_FILTERED"),
        *("REQUEST_TOO_LARGE", "THROTTLED", "INTEGRATION_TIMEOUT", "DEFAULT_4XX", "DEFAULT_5XX"),
    }
    types = [json.loads(*one["responseTemplates"].values())["type"] for one in responses.values()]
    assert len(set(types)) == len(types) - 1, "only the two about a signature say the same"


def test_the_firewall_stands_before_the_stage_and_never_looks_into_bodies(stack: Stack) -> None:
    acl = stack.properties("WebAcl")
    association = stack.one("AWS::WAFv2::WebACLAssociation")
    assert "${Apiv1Stage}" in json.dumps(association["ResourceArn"])
    assert '"SampledRequestsEnabled": true' not in json.dumps(acl)
    assert "Body" not in json.dumps(acl)
    groups = [rule["Statement"].get("ManagedRuleGroupStatement", {}).get("Name") for rule in acl["Rules"]]
    assert groups == ["AWSManagedRulesAmazonIpReputationList", None, None]


def test_known_abusers_are_turned_away_before_cloudfront_where_that_is_possible(stack: Stack) -> None:
    acl = stack.properties("SiteWebAcl")
    assert acl["Scope"] == "CLOUDFRONT"
    assert "AWSManagedRulesAmazonIpReputationList" in json.dumps(acl)
    assert '"SampledRequestsEnabled": true' not in json.dumps(acl)
    assert stack.template["Conditions"]["HasSiteFirewall"]["Fn::And"][1] == {
        "Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]
    }
    config = stack.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    assert config["WebACLId"]["Fn::If"] == [
        "HasSiteFirewall",
        {"Fn::GetAtt": ["SiteWebAcl", "Arn"]},
        {"Ref": "AWS::NoValue"},
    ]


def test_one_address_gets_so_many_requests_of_the_page_in_us_east_1(stack: Stack) -> None:
    (rule,) = [one for one in stack.properties("SiteWebAcl")["Rules"] if "Action" in one]
    assert rule["Action"] == {"Block": {}}
    rate = rule["Statement"]["RateBasedStatement"]
    assert rate == {"Limit": 6000, "AggregateKeyType": "IP"}
    assert rate["Limit"] >= 10 * stack.template["Parameters"]["FirewallRate"]["Default"], "a visit is many requests"


def test_the_apis_own_endpoint_takes_no_tls_below_12_and_what_cloudfront_speaks(stack: Stack) -> None:
    api = stack.one("AWS::ApiGateway::RestApi")
    assert api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_2021_06"
    assert api["EndpointAccessMode"] == "BASIC", "policies of this kind want a mode"
    (origin,) = [
        one
        for one in stack.one("AWS::CloudFront::Distribution")["DistributionConfig"]["Origins"]
        if "CustomOriginConfig" in one
    ]
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]


def test_the_firewall_counts_viewers_by_a_header_only_beside_cloudfronts_secret(stack: Stack) -> None:
    viewers, direct = (rule["Statement"]["RateBasedStatement"] for rule in stack.properties("WebAcl")["Rules"][1:])
    assert viewers["AggregateKeyType"] == "FORWARDED_IP"
    assert viewers["ForwardedIPConfig"]["HeaderName"] == "X-Viewer-Address"
    secret = viewers["ScopeDownStatement"]["ByteMatchStatement"]
    assert secret["FieldToMatch"] == {"SingleHeader": {"Name": "x-viewer-secret"}}
    assert direct["AggregateKeyType"] == "IP"
    assert direct["ScopeDownStatement"] == {"NotStatement": {"Statement": {"ByteMatchStatement": secret}}}
