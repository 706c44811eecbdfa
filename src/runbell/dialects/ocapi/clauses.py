"""The query language of a search as the house's conditions: what each clause means.

https://sfcclearning.com/infocenter/OCAPI/current/data/Documents/TermQuery.php and its siblings TextQuery, BoolQuery,
FilteredQuery, NestedQuery, TermFilter, RangeFilter, Range2Filter, BoolFilter, QueryFilter.
"""

from typing import Any, Final

from runbell.dialects.ocapi.bodies import constraint, unknown
from runbell.dialects.ocapi.refusals import IllegalEnumeration, refusal
from runbell.dialects.ocapi.search_fields import Fields, read_value, typed
from runbell.domain.search import (
    All,
    Among,
    AnyOf,
    Compared,
    Condition,
    Contains,
    Field,
    Missing,
    Not,
    SomeStep,
    Value,
)

REQUEST: Final = "search_request"
STEPS: Final = "step_executions"
DEEPEST: Final = 30
QUERIES: Final = frozenset(
    {"match_all_query", "term_query", "text_query", "bool_query", "boolean_query", "filtered_query", "nested_query"}
)
FILTERS: Final = frozenset({"term_filter", "range_filter", "range2_filter", "bool_filter", "query_filter"})
OPERATORS: Final = ("is", "one_of", "is_null", "is_not_null", "less", "greater", "not_in", "neq")
SCORE_MODES: Final = ("avg", "total", "max", "none")
FILTER_MODES: Final = ("overlap", "containing", "contained")


def read_query(value: Any, path: str, fields: Fields, depth: int = 0) -> Condition:
    """A query: an object with one member, its kind. Raises UnknownProperty, PropertyConstraint and the like."""
    kind, inner, place = _clause(value, path, QUERIES, depth)
    match kind:
        case "match_all_query":
            _only(inner, place)
            return All()
        case "term_query":
            _only(inner, place, "fields", "operator", "values")
            named = _texts(inner, "fields", place)
            return AnyOf(tuple(_term(inner, fields.named(name), name, place) for name in named))
        case "text_query":
            return _text_query(inner, place, fields)
        case "bool_query" | "boolean_query":
            return _bool_query(inner, place, fields, depth)
        case "filtered_query":
            _only(inner, place, "query", "filter")
            query = read_query(_needed(inner, "query", place), f"{place}.query", fields, depth + 1)
            return All((query, read_filter(_needed(inner, "filter", place), f"{place}.filter", fields, depth + 1)))
        case _:
            return _nested_query(inner, place, fields, depth)


def read_filter(value: Any, path: str, fields: Fields, depth: int = 0) -> Condition:
    """A filter: an object with one member, its kind. Raises as `read_query` does."""
    kind, inner, place = _clause(value, path, FILTERS, depth)
    match kind:
        case "term_filter":
            _only(inner, place, "field", "operator", "values")
            name = _text(inner, "field", place)
            return _term(inner, fields.named(name), name, place)
        case "range_filter":
            _only(inner, place, "field", "from", "to", "from_inclusive", "to_inclusive")
            name = _text(inner, "field", place)
            field = fields.named(name)
            bounds = _bounds(inner, place, field, name, "from", "to")
            least, most = bounds.least, bounds.most
            return All((Not(Missing(field)), *_above(field, least, bounds.low), *_below(field, most, bounds.high)))
        case "range2_filter":
            return _range2_filter(inner, place, fields)
        case "bool_filter":
            _only(inner, place, "operator", "filters")
            operator = _one_of(_needed(inner, "operator", place), ("and", "or", "not"), "operator")
            listed = _list(inner, "filters", place)
            each = tuple(read_filter(one, f"{place}.filters[{at}]", fields, depth + 1) for at, one in enumerate(listed))
            return All(each) if operator == "and" else AnyOf(each) if operator == "or" else Not(AnyOf(each))
        case _:
            _only(inner, place, "query")
            return read_query(_needed(inner, "query", place), f"{place}.query", fields, depth + 1)


def echoed(value: Any) -> Any:
    """A query as it comes back: each clause says once more what it is."""
    if isinstance(value, list):
        return [echoed(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: echoed(inner) for name, inner in value.items() if not name.startswith("_")}
    for name in QUERIES | FILTERS:
        if isinstance(found.get(name), dict):
            found[name] = {"_type": "bool_query" if name == "boolean_query" else name} | found[name]
    return found


def _text_query(inner: dict[str, Any], place: str, fields: Fields) -> Condition:
    _only(inner, place, "fields", "search_phrase")
    named = _texts(inner, "fields", place)
    phrase = _text(inner, "search_phrase", place)
    for name in named:
        if fields.named(name) in {Field.BEGAN, Field.ENDED}:
            raise typed(name, phrase, "string")
    return All(tuple(AnyOf(tuple(Contains(fields.named(name), word) for name in named)) for word in phrase.split()))


def _bool_query(inner: dict[str, Any], place: str, fields: Fields, depth: int) -> Condition:
    _only(inner, place, "must", "must_not", "should")

    def each(name: str) -> tuple[Condition, ...]:
        listed = inner.get(name)
        listed = [] if listed is None else listed if isinstance(listed, list) else [listed]
        return tuple(read_query(one, f"{place}.{name}[{at}]", fields, depth + 1) for at, one in enumerate(listed))

    should = each("should")
    without = tuple(Not(one) for one in each("must_not"))
    return All((*each("must"), *without, *((AnyOf(should),) if should else ())))


def _nested_query(inner: dict[str, Any], place: str, fields: Fields, depth: int) -> Condition:
    _only(inner, place, "path", "query", "score_mode")
    if inner.get("score_mode") is not None:
        _one_of(inner["score_mode"], SCORE_MODES, "score_mode")
    if _text(inner, "path", place) != STEPS or fields.inner is None:
        raise constraint(REQUEST, f"{place}.path", inner["path"], f"there is one path, {STEPS}")
    query = _needed(inner, "query", place)
    return SomeStep(read_query(query, f"{place}.query", fields.inner, depth + 1))


def _range2_filter(inner: dict[str, Any], place: str, fields: Fields) -> Condition:
    """The interval of two fields against a given one. One that has no end is open."""
    _only(inner, place, "from_field", "to_field", "filter_mode", "from_value", "to_value", "from_inclusive",
          "to_inclusive")  # fmt: skip
    begin, end = _text(inner, "from_field", place), _text(inner, "to_field", place)
    first, last = fields.named(begin), fields.named(end)
    mode = _one_of(inner.get("filter_mode") or "overlap", FILTER_MODES, "filter_mode")
    it = _bounds(inner, place, first, begin, "from_value", "to_value")
    least, most = it.least, it.most
    there = Not(Missing(first))
    if mode == "overlap":
        until = _above(last, least, it.low)
        return All((there, *_below(first, most, it.high), *(AnyOf((Missing(last), one)) for one in until)))
    if mode == "contained":
        within = _below(last, most, it.high)
        return All((there, *_above(first, least, it.low), *within))
    begins = (Compared(first, "<=" if it.low else "<", least),) if least is not None else (AnyOf(),)
    ends = (Compared(last, ">=" if it.high else ">", most),) if most is not None else ()
    return All((there, *begins, AnyOf((Missing(last), *ends))))


class _Bounds:
    """What a range lies between; `low`, `high`: with that value itself."""

    def __init__(self, least: Value | None, most: Value | None, *, low: bool, high: bool) -> None:
        self.least, self.most, self.low, self.high = least, most, low, high


def _bounds(inner: dict[str, Any], place: str, field: Field, name: str, low: str, high: str) -> _Bounds:
    least, most = (None if inner.get(side) is None else read_value(field, name, inner[side]) for side in (low, high))
    return _Bounds(
        least, most, low=_flag(inner, "from_inclusive", place), high=_flag(inner, "to_inclusive", place)
    )  # fmt: skip


def _above(field: Field, least: Value | None, inclusive: bool) -> tuple[Condition, ...]:
    return () if least is None else (Compared(field, ">=" if inclusive else ">", least),)


def _below(field: Field, most: Value | None, inclusive: bool) -> tuple[Condition, ...]:
    return () if most is None else (Compared(field, "<=" if inclusive else "<", most),)


def _term(inner: dict[str, Any], field: Field, name: str, place: str) -> Condition:
    """A field, an operator and values."""
    operator = _one_of(_needed(inner, "operator", place), OPERATORS, "operator")
    given = inner.get("values")
    given = [] if given is None else given if isinstance(given, list) else [given]
    if any(isinstance(value, (dict, list)) for value in given):  # an echo of it need not have a form in XML
        raise constraint(REQUEST, f"{place}.values", "", "a value is text, a number, true or false")
    if operator in {"is_null", "is_not_null"}:
        return Missing(field) if operator == "is_null" else Not(Missing(field))
    values = tuple(read_value(field, name, value) for value in given)
    if not values:
        raise constraint(REQUEST, f"{place}.values", "", f"{operator} needs a value")
    if operator in {"less", "greater"}:
        if len(values) > 1:
            raise constraint(REQUEST, f"{place}.values", "", f"{operator} needs one value alone")
        return Compared(field, "<" if operator == "less" else ">", values[0])
    return Among(field, values, outside=operator in {"not_in", "neq"})


def _clause(value: Any, path: str, known: frozenset[str], depth: int) -> tuple[str, dict[str, Any], str]:
    """The kind of a clause, its members, and where it stands."""
    if depth > DEEPEST:
        raise constraint(REQUEST, path, "", f"clauses stand at most {DEEPEST} deep in each other")
    if not isinstance(value, dict):
        raise constraint(REQUEST, path, str(value)[:200], "send an object")
    kinds = [name for name in value if not name.startswith("_")]
    strange = [name for name in kinds if name not in known] or kinds[1:]
    if strange:
        raise unknown(REQUEST, f"{path}.{strange[0][:200]}")
    if not kinds:
        raise constraint(REQUEST, path, "", f"name one of {', '.join(sorted(known))}")
    inner = value[kinds[0]]
    if inner == "" and kinds[0] == "match_all_query":
        inner = {}
    if not isinstance(inner, dict):
        raise constraint(REQUEST, f"{path}.{kinds[0]}", str(inner)[:200], "send an object")
    return kinds[0], inner, f"{path}.{kinds[0]}"


def _only(inner: dict[str, Any], place: str, *known: str) -> None:
    for name in inner:
        if name not in known and not name.startswith("_"):
            raise unknown(REQUEST, f"{place}.{name[:200]}")


def _needed(inner: dict[str, Any], name: str, place: str) -> Any:
    value = inner.get(name)
    if value is None:
        raise constraint(REQUEST, f"{place}.{name}", "", "it must be there")
    return value


def _text(inner: dict[str, Any], name: str, place: str) -> str:
    value = _needed(inner, name, place)
    if not isinstance(value, str) or not value:
        raise constraint(REQUEST, f"{place}.{name}", str(value)[:200], "it must be text")
    return value


def _list(inner: dict[str, Any], name: str, place: str) -> list[Any]:
    value = _needed(inner, name, place)
    if not isinstance(value, list):
        raise constraint(REQUEST, f"{place}.{name}", str(value)[:200], "send a list")
    return value


def _texts(inner: dict[str, Any], name: str, place: str) -> list[str]:
    listed = _list(inner, name, place)
    if not listed or not all(isinstance(one, str) for one in listed):
        raise constraint(REQUEST, f"{place}.{name}", "", "name at least one field")
    return listed


def _flag(inner: dict[str, Any], name: str, place: str) -> bool:
    value = True if inner.get(name) is None else inner[name]
    if not isinstance(value, bool):
        raise constraint(REQUEST, f"{place}.{name}", str(value)[:200], "it is true or false")
    return value


def _one_of(value: Any, known: tuple[str, ...], kind: str) -> str:
    if value not in known:
        said = f"{kind} is one of {', '.join(known)}."
        raise refusal(IllegalEnumeration, said, value=str(value)[:200], type=kind)
    return str(value)
