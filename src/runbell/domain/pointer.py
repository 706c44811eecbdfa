"""JSON pointers (RFC 6901): where in an input something stands."""


def pointer(*members: str | int) -> str:
    """The pointer that goes down through `members`, escaped; no members: the whole input, `""`."""
    return "".join("/" + str(member).replace("~", "~0").replace("/", "~1") for member in members)
