"""What a scalar of YAML 1.2's core schema stands for (https://yaml.org/spec/1.2.2/#103-core-schema).

`on`, `yes`, `no`, `off` and dates are texts, as the schema has it. So are, and there it is narrower, `0o17`, `0x1f`,
`.inf` and `.nan`: nobody means them in a job file.
"""

import re
from typing import Any, Final

LONGEST_NUMBER: Final = 300  # characters; turning digits into a number takes time with their square

_INT: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TAG: Final = "tag:yaml.org,2002:"


def plain(text: str) -> Any:
    """The value of a scalar without quotes and without a tag."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > LONGEST_NUMBER:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def tagged(tag: str, text: str) -> Any:
    """The value of a scalar with a tag. Raises ValueError with a sentence for a tag beyond the core, or a misfit."""
    if tag in ("!", _TAG + "str"):
        return text
    kinds: dict[str, type | tuple[type, ...]] = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}
    kind = kinds.get(tag.removeprefix(_TAG))
    if kind is None or not tag.startswith(_TAG):
        raise ValueError(f"the tag {tag} is not taken in job files; take it out")
    value = plain(text)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"`{text[:60]}` does not fit its tag; take the tag out")
    return float(text) if tag == _TAG + "float" else value
