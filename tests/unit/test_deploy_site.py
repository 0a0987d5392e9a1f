"""Publishing the page, against moto's S3 and CloudFront."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy.site import publish_site, read_site
from deploy.stack import DeployError

PAGE = '<link rel="stylesheet" href="style.css"><script type="module" src="./app.js"></script><a href="openapi.json">'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "app.js").write_text("void 0;")
    (tmp_path / "style.css").write_text("a {}")
    (tmp_path / "openapi.json").write_text("{}")
    return tmp_path


@pytest.fixture
def bucket(aws: None) -> Iterator[Any]:
    with mock_aws():
        yield boto3.resource("s3").create_bucket(
            Bucket="site", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )


@pytest.fixture
def distribution(bucket: Any) -> str:
    origin = {"Id": "site", "DomainName": "site.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    behaviour = {"TargetOriginId": "site", "ViewerProtocolPolicy": "https-only", "CachePolicyId": "any"}
    config = {
        "CallerReference": "one",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behaviour,
    }
    created = boto3.client("cloudfront").create_distribution(DistributionConfig=config)
    return str(created["Distribution"]["Id"])


def test_what_the_page_loads_is_named_by_its_content_and_the_page_rewritten(folder: Path) -> None:
    names = [file.key for file in read_site(folder)]
    index = read_site(folder)[-1]
    script, openapi, style = names[:3]
    assert (script[:4], script[-3:], len(script)) == ("app.", ".js", len("app..js") + 16)
    assert openapi == "openapi.json"
    assert index.body.decode() == PAGE.replace("style.css", style).replace("app.js", script)


def test_a_changed_file_gets_another_name(folder: Path) -> None:
    before = {file.key for file in read_site(folder)}
    (folder / "app.js").write_text("void 1;")
    changed = {file.key for file in read_site(folder)} - before
    assert [name.partition(".")[0] for name in changed] == ["app"]


def test_the_page_is_uploaded_after_all_that_it_loads(folder: Path) -> None:
    assert read_site(folder)[-1].key == "index.html"


def test_objects_have_their_types_and_only_hashed_ones_are_cached(folder: Path, bucket: Any, distribution: str) -> None:
    publish_site(folder, "site", distribution)
    seen = {summary.key.split(".")[-1]: summary.get() for summary in bucket.objects.all()}
    assert {suffix: one["CacheControl"] for suffix, one in seen.items()} == {
        "html": "no-cache",
        "json": "no-cache",
        "js": "public, max-age=31536000, immutable",
        "css": "public, max-age=31536000, immutable",
    }
    assert seen["html"]["ContentType"] == "text/html; charset=utf-8"
    assert seen["js"]["ContentType"] == "text/javascript; charset=utf-8"


def test_publishing_tells_cloudfront_to_forget_everything(folder: Path, distribution: str) -> None:
    publish_site(folder, "site", distribution)
    client = boto3.client("cloudfront")
    listed = client.list_invalidations(DistributionId=distribution)["InvalidationList"]["Items"]
    one = client.get_invalidation(DistributionId=distribution, Id=listed[0]["Id"])["Invalidation"]
    assert one["InvalidationBatch"]["Paths"]["Items"] == ["/*"]


def test_files_of_earlier_releases_stay_for_pages_that_are_open(folder: Path, bucket: Any, distribution: str) -> None:
    first = publish_site(folder, "site", distribution)
    (folder / "app.js").write_text("void 1;")
    publish_site(folder, "site", distribution)
    assert set(first) <= {summary.key for summary in bucket.objects.all()}


def test_a_file_of_unknown_type_is_refused_by_name(folder: Path) -> None:
    (folder / "notes.xyz").write_text("")
    with pytest.raises(DeployError, match=r"notes\.xyz"):
        read_site(folder)


def test_the_projects_own_site_can_be_published() -> None:
    files = {file.key: file for file in read_site(Path("site"))}
    assert "index.html" in files
    assert all(file.cache_control == "no-cache" or file.key.count(".") == 2 for file in files.values())
