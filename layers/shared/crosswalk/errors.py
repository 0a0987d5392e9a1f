"""Everything that can go wrong on purpose. Nothing here knows HTTP; `http/problems` gives each error its status.

CrosswalkError
├── DocumentError               about a place in a document
│   ├── MalformedDocument       not well-formed JSON or XML
│   ├── UnsafeDocument          well-formed, and refused by a safety limit
│   └── InexpressibleDocument   well-formed, and not expressible in the mapping asked for
├── DocumentTooLarge            more bytes than the limit, in or out
├── InvalidParameter            an option or parameter that is unknown, out of range or does not apply
├── UserNotFound                no user has this email
├── ConversionNotFound          no conversion has this id, or its time is over
├── ConversionFailed            a conversion through S3 ended for a reason that is not in its document
└── ServiceUnavailable          something behind this service is away; worth another try
    ├── DatabaseUnavailable     PostgreSQL
    └── StorageUnavailable      S3
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosswalk.converter.places import Place


class CrosswalkError(Exception):
    """`detail` is one sentence for the client, with capital and full stop.

    It never quotes a document at length, nor the environment.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class DocumentError(CrosswalkError):
    """A document that cannot be converted, and the place in it, as far as it has one.

    place: line and column; a BOM is not counted.
    pointer: an RFC 6901 JSON pointer. path: of elements, such as `/root/item[2]`.
    code: the error code of a specification, such as `FOJS0006`.
    """

    def __init__(
        self,
        detail: str,
        *,
        place: "Place | None" = None,
        pointer: str | None = None,
        path: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.place = place
        self.pointer = pointer
        self.path = path
        self.code = code


class MalformedDocument(DocumentError):
    """Not well-formed: the grammar of JSON or XML, or the encoding, is broken."""


class UnsafeDocument(DocumentError):
    """Well-formed, but refused: too deep, or declaring what could be turned against the reader."""


class InexpressibleDocument(DocumentError):
    """Well-formed, but the mapping asked for cannot carry it."""


class DocumentTooLarge(CrosswalkError):
    """`limit` is in bytes."""

    def __init__(self, detail: str, *, limit: int) -> None:
        super().__init__(detail)
        self.limit = limit


class InvalidParameter(CrosswalkError):
    """`parameter` is the name as the client wrote it; `code` the error code of a specification, such as `FOJS0005`."""

    def __init__(self, detail: str, *, parameter: str, code: str | None = None) -> None:
        super().__init__(detail)
        self.parameter = parameter
        self.code = code


class UserNotFound(CrosswalkError):
    """No user, or only a deleted one, has this email."""


class ConversionNotFound(CrosswalkError):
    """Nobody began a conversion with this id, or S3 has removed it since."""


class ConversionFailed(CrosswalkError):
    """`code` is one of

    expired     no document was uploaded while there was time
    wrong-size  the document has another size than was declared
    replaced    another document took its place while it was read
    vanished    the document was removed while it was read
    archived    the document is in an archive of S3, which gives nothing back at once
    long-name   the result's name would be longer than S3 takes
    odd-name    the result's name would hold a character that S3's answers cannot hold
    exists      another object has the result's name already
    too-slow    it would have taken, or took, longer than a function may run
    lost        no function heard of it, or the one that converted it has not said how it ended
    crashed     the function that converted it failed
    """

    def __init__(self, detail: str, *, code: str) -> None:
        super().__init__(detail)
        self.code = code


class ServiceUnavailable(CrosswalkError):
    """`retry_after` is in seconds."""

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class DatabaseUnavailable(ServiceUnavailable):
    """PostgreSQL cannot be reached, or is busy."""


class StorageUnavailable(ServiceUnavailable):
    """S3 cannot be reached, or fails."""
