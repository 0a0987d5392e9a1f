"""Publishing the page, against moto's S3 and CloudFront."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy.site import SiteFile, publish_site, read_site
from deploy.stack import DeployError

PAGE = '<link rel="stylesheet" href="style.css"><script type="module" src="main.js"></script><a href="openapi.json">'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "main.js").write_text('import "./service.js";')
    (tmp_path / "service.js").write_text("void 0;")
    (tmp_path / "api.html").write_text(PAGE)
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


def find_home(files: list[SiteFile]) -> str:
    """The folder of what the pages load."""
    [home] = {file.key.rpartition("/")[0] for file in files if "/" in file.key}
    return home


def test_what_the_pages_load_is_in_one_folder_by_its_plain_name(folder: Path) -> None:
    home = find_home(read_site(folder))
    assert re.fullmatch("a/[0-9a-f]{16}", home)
    keys = {file.key for file in read_site(folder)}
    assert {f"{home}/{name}" for name in ("main.js", "service.js", "style.css", "openapi.json")} <= keys


def test_every_page_is_beside_the_folder_and_loads_from_it(folder: Path) -> None:
    files = read_site(folder)
    home = find_home(files)
    bodies = {file.key: file.body.decode() for file in files}
    expected = PAGE.replace("style.css", f"{home}/style.css").replace("main.js", f"{home}/main.js")
    assert bodies["index.html"] == bodies["api.html"] == expected


def test_what_others_link_to_keeps_its_name(folder: Path) -> None:
    assert "openapi.json" in {file.key for file in read_site(folder)}


def test_a_changed_module_moves_the_whole_set(folder: Path) -> None:
    before = find_home(read_site(folder))
    (folder / "service.js").write_text("void 1;")
    assert find_home(read_site(folder)) != before


def test_the_pages_are_uploaded_after_all_that_they_load(folder: Path) -> None:
    assert [file.key for file in read_site(folder)][-2:] == ["api.html", "index.html"]


def test_objects_have_their_types_and_only_those_in_the_folder_are_cached(
    folder: Path, bucket: Any, distribution: str
) -> None:
    publish_site(folder, "site", distribution)
    seen = {summary.key: summary.get() for summary in bucket.objects.all()}
    cached = {key for key, one in seen.items() if one["CacheControl"] == "public, max-age=31536000, immutable"}
    assert cached == {key for key in seen if key.startswith("a/")}
    assert {one["CacheControl"] for key, one in seen.items() if key not in cached} == {"no-cache"}
    types = {key.rpartition(".")[2]: one["ContentType"] for key, one in seen.items()}
    assert types["html"] == "text/html; charset=utf-8"
    assert types["js"] == "text/javascript; charset=utf-8"


def test_publishing_tells_cloudfront_to_forget_everything(folder: Path, distribution: str) -> None:
    publish_site(folder, "site", distribution)
    client = boto3.client("cloudfront")
    listed = client.list_invalidations(DistributionId=distribution)["InvalidationList"]["Items"]
    one = client.get_invalidation(DistributionId=distribution, Id=listed[0]["Id"])["Invalidation"]
    assert one["InvalidationBatch"]["Paths"]["Items"] == ["/*"]


def test_files_of_earlier_releases_stay_for_pages_that_are_open(folder: Path, bucket: Any, distribution: str) -> None:
    first = publish_site(folder, "site", distribution)
    (folder / "service.js").write_text("void 1;")
    publish_site(folder, "site", distribution)
    assert set(first) <= {summary.key for summary in bucket.objects.all()}


def test_a_file_of_unknown_type_is_refused_by_name(folder: Path) -> None:
    (folder / "notes.xyz").write_text("")
    with pytest.raises(DeployError, match=r"notes\.xyz"):
        read_site(folder)


def test_the_projects_own_site_can_be_published() -> None:
    files = {file.key: file for file in read_site(Path("site"))}
    assert {"index.html", "api.html", "openapi.json"} <= files.keys()
    for page in (file for key, file in files.items() if key.endswith(".html")):
        for loaded in re.findall(r'<(?:img|link|script)[^>]*(?:src|href)="([^"]+)"', page.body.decode()):
            assert loaded in files
