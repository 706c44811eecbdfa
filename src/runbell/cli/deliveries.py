"""`runbell deliveries`: what was told of an execution or to a webhook, attempt by attempt; send it again."""

from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import App, Parameter

from runbell.cli.inert import inert, inert_json
from runbell.cli.naming import execution_named
from runbell.cli.output import cell, put, put_members, put_table
from runbell.cli.phrases import ago
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import NOT_FOUND, USAGE, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbell.client import Client, Delivery

deliveries: Final = App(
    name="deliveries", help="List and show what was told to webhooks, callbacks, by mail; send it again."
)
MOST: Final = 50
DeliveryId = Annotated[str, Parameter(help="Its id (msg_...).")]
Of = Annotated[str | None, Parameter(show=True, help="Of this execution: its number, its id, key:KEY, or @last.")]
To = Annotated[str | None, Parameter(help="To this webhook.")]


@deliveries.command
def ls(execution: Of = None, /, *, webhook: To = None, limit: int = MOST, common: Common = HERE) -> int:
    """List what was told, the newest first.

    Parameters
    ----------
    limit
        At most so many.
    """
    with common.client() as client:
        found = [one for _, one in zip(range(limit), _all(client, execution, webhook), strict=False)]
    rows = (
        (one.id, cell(one.number), cell(one.type.removeprefix("execution.")),
         cell(one.webhook.name if one.webhook else one.email or "callback"), _state(one), str(len(one.attempts)),
         ago(one.next_attempt_at) if one.next_attempt_at else "-")
        for one in found
    )  # fmt: skip
    titles = ("ID", "EXECUTION", "EVENT", "TO", "STATE", "ATTEMPTS", "NEXT")
    put(common.form, found, lambda: put_table(titles, rows, "Nothing was told."))
    return 0


@deliveries.command
def show(delivery: DeliveryId, execution: Of = None, /, *, webhook: To = None, common: Common = HERE) -> int:
    """Show a delivery: its body, and every attempt with the answer."""
    with common.client() as client:
        found = next((one for one in _all(client, execution, webhook) if one.id == delivery), None)
    if found is None:
        raise Refusal(f"There is no delivery {delivery} there.", then="Try: runbell deliveries ls", code=NOT_FOUND)
    put(common.form, found, lambda: _people(found))
    return 0


@deliveries.command
def redeliver(delivery: DeliveryId, execution: Of = None, /, *, webhook: To = None, common: Common = HERE) -> int:
    """Send a delivery again, under the same id."""
    with common.client() as client:
        if webhook is not None:
            sent = client.redeliver_to(webhook, delivery)
        elif execution is not None:
            sent = client.redeliver(execution_named(client, execution), delivery)
        else:
            raise _of_what()
    put(common.form, sent, lambda: print(f"{sent.id} is on its way."))
    return 0


def _all(client: "Client", execution: str | None, webhook: str | None) -> "Iterator[Delivery]":
    if webhook is not None:
        return iter(client.webhook_deliveries(webhook))
    if execution is not None:
        return iter(client.deliveries(execution_named(client, execution)))
    raise _of_what()


def _of_what() -> Refusal:
    return Refusal("Name an execution, or a webhook with --webhook.", code=USAGE)


def _state(one: "Delivery") -> str:
    return f"{one.status} ({one.reason})" if one.reason else one.status


def _people(one: "Delivery") -> None:
    to = one.webhook.name if one.webhook else one.email or "the callback of its execution"
    put_members(
        [("id", one.id), ("event", f"{one.type} (number {one.seq} of the feed)"), ("to", cell(to)),
         ("execution", cell(one.execution) if one.execution else ""), ("state", _state(one)),
         ("next attempt", f"{one.next_attempt_at} ({ago(one.next_attempt_at)})" if one.next_attempt_at else "")]
    )  # fmt: skip
    for each in one.attempts:
        what = inert(each.error) if each.error else f"answered {each.status}"
        print(f"\nattempt {each.number}, {each.time}, {each.duration_ms} ms, {cell(each.url)}: {what}")
        for name, value in each.request_headers.items():
            print(f"  {cell(name)}: {cell(value)}")
        if each.response_body:
            print(f"  answer: {cell(each.response_body)}")
    if isinstance(one.body, str):
        print("\n" + "\n".join(inert(line) for line in one.body.splitlines()))
    elif one.body is not None:
        import msgspec

        print("\n" + inert_json(msgspec.json.format(msgspec.json.encode(one.body), indent=2).decode()))
