"""Sources of documents that give as little at a time as they may."""

from io import BytesIO


class Trickle(BytesIO):
    """Gives one byte at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(1 if size else 0)
