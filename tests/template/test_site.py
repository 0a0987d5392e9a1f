"""The page: a private bucket behind CloudFront, and the converter routes beside it."""

import json
import re
import textwrap
from typing import Any

from deploy.site import read_site
from tests.running import ROOT
from tests.template.stack import Stack


def distribution(stack: Stack) -> dict[str, Any]:
    config: dict[str, Any] = stack.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    return config


def test_the_bucket_is_closed_to_the_public_in_all_four_ways(stack: Stack) -> None:
    for bucket in stack.of_type("AWS::S3::Bucket").values():
        assert list(bucket["PublicAccessBlockConfiguration"].values()) == [True] * 4
        assert "BucketEncryption" in bucket


def test_only_this_distribution_may_read_the_bucket_and_only_by_tls(stack: Stack) -> None:
    statements = stack.properties("SiteBucketPolicy")["PolicyDocument"]["Statement"]
    allowed = [statement for statement in statements if statement["Effect"] == "Allow"]
    assert all(one["Principal"] == {"Service": "cloudfront.amazonaws.com"} for one in allowed)
    assert all("${Distribution}" in json.dumps(one["Condition"]) for one in allowed)
    (denied,) = [statement for statement in statements if statement["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_page_is_https_only_compressed_and_current_in_protocol(stack: Stack) -> None:
    config = distribution(stack)
    assert config["HttpVersion"] == "http2and3"
    assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert config["DefaultCacheBehavior"]["Compress"] is True


def test_the_pages_policy_allows_its_own_files_only_and_nothing_inline(stack: Stack) -> None:
    assert distribution(stack)["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] == {"Ref": "SiteHeaders"}
    headers = stack.properties("SiteHeaders")["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    policy = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert directives["connect-src"] == "'self' https://${ConversionsBucket.RegionalDomainName}"
    assert directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31536000


def test_no_policy_takes_the_place_of_the_sandbox_that_functions_send(stack: Stack) -> None:
    policies = {json.dumps(one["ResponseHeadersPolicyId"]) for one in distribution(stack)["CacheBehaviors"]}
    assert policies == {'{"Ref": "ConverterHeaders"}'}
    configuration = stack.properties("ConverterHeaders")["ResponseHeadersPolicyConfig"]
    assert configuration.keys() == {"Name", "SecurityHeadersConfig"}
    assert configuration["SecurityHeadersConfig"].keys() == {"StrictTransportSecurity"}


def test_no_error_page_replaces_a_problem_document(stack: Stack) -> None:
    assert "CustomErrorResponses" not in distribution(stack)


def test_a_missing_page_is_answered_with_the_sites_own_words(stack: Stack) -> None:
    code = stack.properties("MissingPage")["FunctionCode"]
    page = textwrap.dedent(" " * 8 + code.partition("`")[2].partition("`")[0])
    assert page.strip() == (ROOT / "site/404.html").read_text().strip()
    assert "MissingPage" in json.dumps(distribution(stack)["DefaultCacheBehavior"]["FunctionAssociations"])


def test_no_page_that_is_published_is_missing(stack: Stack) -> None:
    code = stack.properties("MissingPage")["FunctionCode"]
    pattern = code.partition("published = /")[2].partition("/;")[0].replace("\\/", "/")
    assert re.match(pattern, "/")
    assert all(re.match(pattern, f"/{file.key}") for file in read_site(ROOT / "site"))
    assert not any(re.match(pattern, path) for path in ("/no/such/page", "/index.html/", "/api", "/style.css"))


def test_the_converter_routes_are_at_the_pages_name_and_uncached(stack: Stack) -> None:
    behaviours = {one["PathPattern"]: one for one in distribution(stack)["CacheBehaviors"]}
    assert behaviours.keys() == {"/json2xml", "/xml2json", "/conversions*"}
    for behaviour in behaviours.values():
        assert behaviour["TargetOriginId"] == "api"
        assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
        assert behaviour["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
        assert {"OPTIONS", "POST"} <= set(behaviour["AllowedMethods"])
    (api,) = [origin for origin in distribution(stack)["Origins"] if origin["Id"] == "api"]
    assert api["OriginPath"] == "/v1"
    assert api["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"


def test_cloudfront_tells_the_firewall_the_viewers_address_beside_its_secret(stack: Stack) -> None:
    code = stack.properties("ViewerAddress")["FunctionCode"]
    assert "headers['x-viewer-address'] = {value: event.viewer.ip}" in code
    (api,) = [origin for origin in distribution(stack)["Origins"] if origin["Id"] == "api"]
    condition, headers, otherwise = api["OriginCustomHeaders"]["Fn::If"]
    assert (condition, otherwise) == ("HasFirewall", {"Ref": "AWS::NoValue"})
    assert headers[0]["HeaderName"] == "X-Viewer-Secret"
