"""JSON pointers (RFC 6901): where in an input something stands."""


def pointer(*members: str | int) -> str:
    """The pointer that goes down through `members`, escaped; no members: the whole input, `""`."""
    return "".join("/" + str(member).replace("~", "~0").replace("/", "~1") for member in members)


def members_of(pointer: str) -> list[str]:
    """The members that a pointer goes down through, unescaped."""
    return [member.replace("~1", "/").replace("~0", "~") for member in pointer.split("/")[1:]]
