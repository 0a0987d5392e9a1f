"""What is printed for people: a document's key or a file's name may hold what would control their terminal."""


def show(text: str) -> str:
    r"""The text in one line, with Python's escapes for what is not to be seen: `\x1b` for ESC, `\n` for a new line."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
