"""The filters that a person types, by the names that the API has for them."""

from runbell.cli.trouble import USAGE, Refusal


def filters(
    *,
    status: str | None = None,
    job: str | None = None,
    trigger: str | None = None,
    tag: str | None = None,
    param: list[str] | None = None,
    q: str | None = None,
    since: str | None = None,
    before: str | None = None,
) -> dict[str, str]:
    """Those that were given. `param` are NAME=VALUE. Raises Refusal for one that is not."""
    given = {"status": status, "job": job, "trigger": trigger, "tag": tag, "q": q, "created_at.gte": since,
             "created_at.lt": before}  # fmt: skip
    found = {name: value for name, value in given.items() if value is not None}
    for text in param or ():
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise Refusal(f"A parameter is NAME=VALUE, not {text}.", then="Try: --param day=2031-04-07", code=USAGE)
        found[f"params.{name}"] = value
    return found
