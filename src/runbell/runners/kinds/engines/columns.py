"""Columns of an engine's answer: names of their own, and the types of columns that only their values can tell."""

from collections.abc import Iterable
from typing import Final, cast

from msgspec import structs

from runbell.domain.data import Column, StandardType
from runbell.rows.form import is_null, standard_type
from runbell.runners.kinds.engines import Batches

_NULL: Final = type(None)


def named(names: Iterable[str]) -> list[str]:
    """Names that are not empty and differ: a second `id` is `id_2`, a column without a name `column_3`."""
    found: dict[str, None] = {}
    for place, name in enumerate(names, 1):
        plain = name or f"column_{place}"
        given, turn = plain, 1
        while given in found:
            turn += 1
            given = f"{plain}_{turn}"
        found[given] = None
    return list(found)


def learned(columns: list[Column], batches: Batches) -> Batches:
    """The batches as they are. At their end each column has the type of its values, or text when they differ.

    What its source declares stays when there is no value.
    """
    seen: list[set[StandardType]] = [set() for _ in columns]
    kinds: list[dict[type, StandardType]] = [{} for _ in columns]
    for batch in batches:
        for place, values in enumerate(zip(*batch, strict=True)):
            for kind in set(map(type, values)).difference(kinds[place], (_NULL,)):
                example = next((value for value in values if type(value) is kind and not is_null(value)), None)
                if example is not None:
                    found = cast("StandardType", standard_type(example))
                    kinds[place][kind] = found
                    seen[place].add(found)
        yield batch
    for place, types in enumerate(seen):
        if types:
            columns[place] = structs.replace(columns[place], type=_one_of(types))


def _one_of(types: set[StandardType]) -> StandardType:
    if len(types) == 1:
        return next(iter(types))
    return "decimal" if types == {"int", "decimal"} else "text"
