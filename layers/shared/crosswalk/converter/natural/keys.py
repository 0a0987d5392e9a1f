"""The keys of JSON members and the XML names that they stand for, each made or checked once."""

from crosswalk.converter.xml.names import MAX_KEPT_CHARACTERS, MAX_KEPT_LENGTH, MAX_KEPT_NAMES, is_qname


class Refusal(Exception):
    """What XML cannot carry: the value at hand, or one of its members."""

    def __init__(self, detail: str, member: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.member = member


class _Kept(dict[str, str]):
    """marked: the keys of names that have a prefix or declare one, and so must be checked."""

    def __init__(self) -> None:
        super().__init__()
        self.marked: set[str] = set()
        self._length = 0  # of these, in characters

    def keep(self, given: str, made: str, name: str, key: str) -> str:
        if len(self) < MAX_KEPT_NAMES and len(name) < MAX_KEPT_LENGTH:
            self[given] = made
        if ":" in name or name == "xmlns":
            self.marked.add(key)
            self._length += len(key)
        return made

    def forget_some(self) -> None:
        """Lest what is kept grows with the document. To be called between two elements."""
        if self._length > MAX_KEPT_CHARACTERS:
            self.clear()
            self.marked.clear()
            self._length = 0


class Keys(_Kept):
    """The key of an attribute by its name."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def __missing__(self, name: str) -> str:
        key = self.prefix + name
        return self.keep(name, key, name, key)


class Names(_Kept):
    """The name of an element or attribute by its key, of which `skip` characters are no part of it."""

    def __init__(self, skip: int = 0) -> None:
        super().__init__()
        self.skip = skip

    def __missing__(self, key: str) -> str:
        name = key[self.skip :]
        if not is_qname(name):
            one_way = ", and expanded names do not come back" if ":" in name else ""
            raise Refusal(f"The member's name is no XML name{one_way}", key)
        return self.keep(key, name, name, key)
