"""A search as SQL: every value is bound, and every condition is 0 or 1, never NULL."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

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
    Search,
    SomeStep,
    View,
    Word,
)

Bound = tuple[str, list[Any]]
"""A piece of SQL and the values of its question marks."""
_COLUMNS: Final = {Field.NUMBER: "e.number", Field.ENDED: "e.ended_at"}
_STEP_COLUMNS: Final = {
    Field.NUMBER: "s.position", Field.STEP: "s.name", Field.BEGAN: "s.started_at", Field.ENDED: "s.ended_at",
}  # fmt: skip
_LATEST: Final = """NOT EXISTS (
    SELECT 1 FROM steps AS t WHERE t.number = s.number AND t.name = s.name AND t.scope = s.scope
    AND t.attempt > s.attempt)"""


_NAMED: Final = """
    SELECT number FROM jobs WHERE project = ? AND name IN ({names})
    UNION SELECT job_number FROM job_ids WHERE dialect = ? AND value IN ({names})
"""


def counted(search: Search) -> Bound:
    """How many there are."""
    where, values = _where(search)
    return f"SELECT count(*) FROM executions AS e WHERE {where}", values


def page(search: Search) -> Bound:
    """The numbers of one page."""
    where, values = _where(search)
    orders, bound = [], []
    for order in search.order:
        field, of_field = _field(order.field, search.view, step=False)
        orders.append(f"({field}) IS NULL, {field} {'DESC' if order.descending else 'ASC'}")
        bound += [*of_field, *of_field]
    descending = not search.order or search.order[0].descending
    orders.append(f"e.number {'DESC' if descending else 'ASC'}")
    sql = f"SELECT e.number FROM executions AS e WHERE {where} ORDER BY {', '.join(orders)} LIMIT ? OFFSET ?"
    return sql, [*values, *bound, search.count, search.start]


def _where(search: Search) -> Bound:
    condition, values = _condition(search.where, search.view, step=False)
    jobs: list[Bound] = []
    if search.jobs is not None:
        jobs.append((f"SELECT number FROM jobs WHERE project = ? AND name IN ({_marks(search.jobs)})",
                     [search.project, *search.jobs]))  # fmt: skip
    for names in _jobs_named(search.where):  # the condition says it once more, but knows no index
        jobs.append((_NAMED.format(names=_marks(names)), [search.project, *names, search.view.dialect, *names]))
    where = "".join(f"e.job_number IN ({sql}) AND " for sql, _ in jobs)
    # `+` keeps SQLite from walking a project's executions where it can walk those of a few jobs.
    where += f"{'+' if jobs else ''}e.project = ? AND {condition}"
    return where, [*(value for _, bound in jobs for value in bound), search.project, *values]


def _jobs_named(where: Condition) -> Iterator[tuple[Any, ...]]:
    """The jobs that a search is about, where it names them: nothing of another one can be found."""
    if isinstance(where, Among) and where.field is Field.JOB and not where.outside:
        yield where.values
    elif isinstance(where, All) or (isinstance(where, AnyOf) and len(where.of) == 1):
        for one in where.of:
            yield from _jobs_named(one)


def _condition(it: Condition, view: View, *, step: bool) -> Bound:
    match it:
        case All(of) | AnyOf(of):
            if not of:
                return ("1" if isinstance(it, All) else "0"), []
            pieces = [_condition(one, view, step=step) for one in of]
            joined = (" AND " if isinstance(it, All) else " OR ").join(sql for sql, _ in pieces)
            return f"({joined})", [value for _, values in pieces for value in values]
        case Not(of):
            sql, values = _condition(of, view, step=step)
            return f"(NOT {sql})", values
        case SomeStep(of):
            return _some_step(of, view)
        case Among(field, wanted, outside):
            sql, values = _field(field, view, step=step)
            found = f"coalesce({sql} IN ({_marks(wanted)}), 0)"
            return (f"(NOT {found})" if outside else found), [*values, *wanted]
        case Missing(field):
            sql, values = _field(field, view, step=step)
            return f"(({sql}) IS NULL)", values
        case Compared(field, sign, value):
            sql, values = _field(field, view, step=step)
            return f"coalesce(({sql}) {sign} ?, 0)", [*values, value]
        case Contains(field, part):
            sql, values = _field(field, view, step=step)
            return f"coalesce(instr(lower({sql}), lower(?)) > 0, 0)", [*values, part]


def _some_step(of: Condition, view: View) -> Bound:
    sql, values = _condition(of, view, step=True)
    shown = list(view.step_words)
    where = f"s.number = e.number AND s.status IN ({_marks(shown)}) AND {_LATEST} AND {sql}"
    return f"EXISTS (SELECT 1 FROM steps AS s WHERE {where})", [*shown, *values]


def _field(field: Field, view: View, *, step: bool) -> Bound:
    if step:
        if field is Field.WORD:
            return _word("s", view.step_words)
        if field is Field.SCOPE:
            return "coalesce(nullif(s.scope, ''), ?)", [view.no_scope]
        return _STEP_COLUMNS[field], []
    if field is Field.WORD:
        return _word("e", view.words)
    if field is Field.JOB:
        given = "SELECT value FROM job_ids WHERE job_ids.job_number = e.job_number AND job_ids.dialect = ?"
        return f"coalesce(({given}), e.job)", [view.dialect]
    if field is Field.BEGAN:
        waiting = f"CASE WHEN e.status IN ({_marks(view.waiting)}) THEN e.created_at END"
        return f"coalesce(e.started_at, {waiting})", list(view.waiting)
    return _COLUMNS[field], []


def _word(table: str, words: Mapping[Any, Word]) -> Bound:
    """The word of a status: what it is always called, or the exit code."""
    cases, values = [], []
    for status, word in words.items():
        if word.said is not None:
            cases.append("WHEN ? THEN ?")
            values += [status, word.said]
        else:
            code = f"coalesce(nullif({table}.exit_code, ''), ?)"
            cases.append(f"WHEN ? THEN CASE WHEN {code} IN ({_marks(word.unfit)}) THEN ? ELSE {code} END")
            values += [status, word.otherwise, *word.unfit, word.otherwise, word.otherwise]
    return f"CASE {table}.status {' '.join(cases)} END", values


def _marks(values: Any) -> str:
    return ", ".join("?" * len(values))
