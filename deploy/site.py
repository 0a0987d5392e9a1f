"""Publishes the page: all of site/ in a folder named by the hash of the whole set, which caches may keep for ever.

    index.html                    <script type="module" src="a/0123456789abcdef/main.js">
    a/0123456789abcdef/main.js    import { convert } from "./service.js"
    a/0123456789abcdef/service.js

So modules import each other by their plain names, and a browser that holds yesterday's index.html still finds
yesterday's modules: nothing is overwritten but the HTML pages and what others link to.
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
    ".xml": "application/xml",
}
FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"
INDEX = "index.html"
LINKED = ("openapi.json",)
"""What others link to, and so is beside the pages too, by its own name."""
REFERENCE = re.compile(
    r'(?P<before><(?:img|link|script)\b[^>]*\b(?:src|href)=")(?P<name>[^":?#]+)(?P<after>")', re.IGNORECASE
)
"""A file that a page loads."""


@dataclass(frozen=True)
class SiteFile:
    """One object in the bucket."""

    key: str
    body: bytes
    content_type: str
    cache_control: str


def read_site(folder: Path) -> list[SiteFile]:
    """The objects to publish, in the order in which to upload them: a page comes after all it loads."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    bodies = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    if INDEX not in bodies:
        raise DeployError(f"{folder}/ has no {INDEX}")
    home = f"a/{hash_set(bodies)}/"
    pages = {name: body for name, body in bodies.items() if name.endswith(".html")}
    assets = [describe(home + name, body, hashed=True) for name, body in bodies.items() if name not in pages]
    linked = [describe(name, bodies[name], hashed=False) for name in LINKED if name in bodies]
    return [*assets, *linked, *(describe(name, rewrite(body, home), hashed=False) for name, body in pages.items())]


def hash_set(bodies: dict[str, bytes]) -> str:
    """Sixteen digits that change with the name or the content of any file."""
    digest = sha256()
    for name, body in bodies.items():
        digest.update(f"{name} {len(body)}\n".encode() + body)
    return digest.hexdigest()[:16]


def rewrite(page: bytes, home: str) -> bytes:
    """A page with what it loads named where it is published."""
    return REFERENCE.sub(rf"\g<before>{home}\g<name>\g<after>", page.decode()).encode()


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
