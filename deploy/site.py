"""Publishes the page: what it loads is named by its content's hash, so that caches may keep it for ever.

A browser that holds yesterday's index.html still finds yesterday's files: nothing is overwritten but index.html and
what it does not load.
"""

import re
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import boto3

from deploy.stack import DeployError

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"
INDEX = "index.html"
REFERENCE = re.compile(
    r'(?P<before><(?:img|link|script)\b[^>]*\b(?:src|href)=")(?P<name>[^":?#]+)(?P<after>")', re.IGNORECASE
)
"""A file that the page loads. What it only links to, such as openapi.json, keeps its name for others to link to."""


@dataclass(frozen=True)
class SiteFile:
    """One object in the bucket."""

    key: str
    body: bytes
    content_type: str
    cache_control: str


def read_site(folder: Path) -> list[SiteFile]:
    """The objects to publish, in the order in which to upload them: index.html comes after all it names."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    bodies = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    if INDEX not in bodies:
        raise DeployError(f"{folder}/ has no {INDEX}")
    index = bodies.pop(INDEX).decode()
    named = {match["name"].removeprefix("./").removeprefix("/") for match in REFERENCE.finditer(index)}
    keys = {name: hashed_name(name, body) if name in named else name for name, body in bodies.items()}
    files = [describe(keys[name], body, hashed=name in named) for name, body in bodies.items()]
    return [*files, describe(INDEX, rewrite(index, keys).encode(), hashed=False)]


def hashed_name(name: str, body: bytes) -> str:
    """`app.js` becomes `app.0123456789abcdef.js`."""
    path = Path(name)
    return path.with_name(f"{path.stem}.{sha256(body).hexdigest()[:16]}{path.suffix}").as_posix()


def rewrite(index: str, keys: dict[str, str]) -> str:
    """index.html with each file that is published under another name called by that."""

    def rename(match: re.Match[str]) -> str:
        name = match["name"]
        bare = name.removeprefix("./").removeprefix("/")
        prefix = name[: len(name) - len(bare)]
        return f"{match['before']}{prefix}{keys.get(bare, bare)}{match['after']}"

    return REFERENCE.sub(rename, index)


def describe(key: str, body: bytes, *, hashed: bool) -> SiteFile:
    suffix = Path(key).suffix
    if suffix not in CONTENT_TYPES:
        raise DeployError(
            f"{key}: no content type is known for {suffix or 'a name without suffix'}; add it to deploy/site.py"
        )
    return SiteFile(key, body, CONTENT_TYPES[suffix], FOR_EVER if hashed else ASK_FIRST)


def publish_site(folder: Path, bucket: str, distribution: str) -> list[str]:
    """Upload the site and have CloudFront forget what it holds; returns the keys."""
    client = boto3.client("s3")
    files = read_site(folder)
    for file in files:
        client.put_object(
            Bucket=bucket,
            Key=file.key,
            Body=file.body,
            ContentType=file.content_type,
            CacheControl=file.cache_control,
        )
    invalidate(distribution)
    return [file.key for file in files]


def invalidate(distribution: str) -> None:
    """One path, `/*`, is charged as one."""
    boto3.client("cloudfront").create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(time.time_ns())},
    )
