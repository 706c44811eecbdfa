"""The words that each dialect allows of a definition: the `definition.toml` of its folder. None is imported for it."""

import tomllib
from functools import cache
from importlib import resources

import msgspec

from runbell.domain.vocabulary import Vocabulary, Words
from runbell.settings import DIALECTS

FILE = "definition.toml"


@cache
def vocabulary() -> Vocabulary:
    """Of every dialect there is, switched on or not: a definition means the same everywhere."""
    folder = resources.files("runbell") / "dialects"
    return {name: msgspec.convert(tomllib.loads((folder / name / FILE).read_text("utf-8")), Words) for name in DIALECTS}
