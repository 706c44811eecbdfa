"""The rule `compare`: rows that are only here or only there, and pairs with the same key that differ."""
# ruff: noqa: S608 - names are those that the engine itself has, values are bound

from runbell.domain.check import Check, Compare
from runbell.domain.data import Column
from runbell.runners.kinds import StepFailed
from runbell.runners.kinds.checks.asking import Asking
from runbell.runners.kinds.checks.ground import Ground
from runbell.runners.kinds.checks.rows import Question, alike


def compare(rule: Compare, check: Check, ask: Asking, theirs: Ground) -> Question:
    """One query for all differences, by the key, or of whole rows when there is none."""
    key = rule.key or check.key
    known = {column.name for column in theirs.columns}
    named = rule.columns or [c.name for c in ask.ground.columns if c.name in known and c.name not in key]
    pairs = [(ask.ground.column(name), theirs.column(name)) for name in named]
    keys = [(ask.ground.column(name), theirs.column(name)) for name in key]
    if not keys and not pairs:
        raise StepFailed(f"{ask.ground.shown} and {theirs.shown} have no column in common; name `columns` of both.")
    return _by_key(rule, ask, theirs, keys, pairs) if keys else _whole(rule, ask, theirs, pairs)


def _by_key(
    rule: Compare, ask: Asking, theirs: Ground,
    keys: list[tuple[Column, Column]], pairs: list[tuple[Column, Column]],
) -> Question:  # fmt: skip
    here, there = _rows(ask, ask.ground, "h"), _rows(ask, theirs, "t")
    same = " and ".join(" = ".join(_pair(ask, pair)) for pair in keys)
    differs = {our.name: " is distinct from ".join(_pair(ask, (our, their))) for our, their in pairs}
    parts = [f"case when {differ} then {ask.said(f', {name}')} else '' end" for name, differ in differs.items()]
    both = "h.rb_here = 1 and t.rb_there = 1"
    reason = (
        f"case when h.rb_here is null then {ask.said(f'only in {theirs.shown}')}"
        f" when t.rb_there is null then {ask.said(f'only in {ask.ground.shown}')}"
        + (f" else {ask.said('differs in ')} || substr({' || '.join(parts)}, 3)" if parts else "")
        + " end"
    )
    shown = [f"coalesce({', '.join(_pair(ask, pair))}) as {ask.name(pair[0].name)}" for pair in keys]
    for our, their in pairs:
        shown += [f"{ask.quoted(our, 'h')} as {ask.name(our.name)}"]
        shown += [f"{ask.quoted(their, 't')} as {ask.name(f'other.{their.name}')}"]
    differ = " or ".join(differs.values())
    bad = "h.rb_here is null or t.rb_there is null" + (f" or ({both} and ({differ}))" if differ else "")
    order = ", ".join(str(place) for place in range(2, 2 + len(keys)))
    rest = ", ".join(ask.sortable(column, table) for pair in pairs for column, table in zip(pair, "ht", strict=True))
    text = (
        f"select {ask.said(rule.reason) if rule.reason else reason}, {', '.join(shown)} from {here} full join {there}"
        f" on {same} where {bad} order by {order}{f', {rest}' if rest else ''}"
    )
    return Question(text, ask.values.bound)


def _whole(rule: Compare, ask: Asking, theirs: Ground, pairs: list[tuple[Column, Column]]) -> Question:
    ours_only = ask.said(rule.reason or f"only in {ask.ground.shown}")
    theirs_only = ask.said(rule.reason or f"only in {theirs.shown}")
    both = [_pair(ask, pair) for pair in pairs]
    ours = ", ".join(f"{our} as {ask.name(pair[0].name)}" for (our, _), pair in zip(both, pairs, strict=True))
    others = ", ".join(f"{other} as {ask.name(pair[0].name)}" for (_, other), pair in zip(both, pairs, strict=True))

    def one() -> tuple[str, str]:
        here, there = _rows(ask, ask.ground, "h"), _rows(ask, theirs, "t")
        return f"select {ours} from {here}", f"select {others} from {there}"

    (here, there), (again, back) = one(), one()
    text = (
        f"select {ours_only}, a.* from ({here} except {there}) a"
        f" union all select {theirs_only}, b.* from ({back} except {again}) b"
        f" order by {', '.join(str(place) for place in range(1, 2 + len(pairs)))}"
    )
    return Question(text, ask.values.bound)


def _rows(ask: Asking, ground: Ground, table: str) -> str:
    """One side, with a mark that says that a row of it is there. `where` holds for ours."""
    ours = ground is ask.ground
    kept = ask.kept("s") if ours else []
    where = f" where {' and '.join(kept)}" if kept else ""
    mark = "rb_here" if ours else "rb_there"
    return f"(select 1 as {mark}, s.* from {ground.item(ask.values)} s{where}) {table}"


def _pair(ask: Asking, pair: tuple[Column, Column]) -> tuple[str, str]:
    our, their = pair
    return alike(ask, (ask.quoted(our, "h"), our), (ask.quoted(their, "t"), their))
