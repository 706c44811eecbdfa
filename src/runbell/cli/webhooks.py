"""`runbell webhooks`: who is told what. A secret is shown once, alone on stdout."""

import time
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import App, Parameter

from runbell.cli.admitting import put_secret
from runbell.cli.keys import moment_of
from runbell.cli.output import cell, put, put_members, put_table
from runbell.cli.phrases import ago, count
from runbell.cli.reaching import HERE, Common

if TYPE_CHECKING:
    from runbell.client import Client, Delivery, Webhook

webhooks: Final = App(name="webhooks", help="List, show, make, change, test and delete webhooks; send again.")
PATIENCE_S: Final = 17.0
LOOK_S: Final = 0.2
Events = Annotated[list[str] | None, Parameter(name=("--event", "-e"), negative="")]
WebhookName = Annotated[str, Parameter(help="Its name or its id.")]


@webhooks.command
def ls(*, common: Common = HERE) -> int:
    """List the webhooks of the project."""
    with common.client() as client:
        found = list(client.webhooks())
    rows = ((cell(one.name), cell(one.url), _about(one), cell(" ".join(one.events)), _state(one)) for one in found)
    nothing = "No webhooks. Try: runbell webhooks create NAME URL"
    put(common.form, found, lambda: put_table(("NAME", "URL", "ABOUT", "EVENTS", "STATE"), rows, nothing))
    return 0


@webhooks.command
def show(webhook: WebhookName, /, *, common: Common = HERE) -> int:
    """Show a webhook."""
    with common.client() as client:
        one = client.webhook(webhook)
    put(common.form, one, lambda: _people(one))
    return 0


@webhooks.command
def create(
    name: str,
    url: str,
    /,
    *,
    job: str | None = None,
    only_named: Annotated[bool, Parameter(negative="")] = False,
    event: Events = None,
    format: str = "runbell",  # noqa: A002 - the API's word
    cloud_events: Annotated[bool, Parameter(negative="")] = False,
    signature: str = "v1",
    description: str = "",
    common: Common = HERE,
) -> int:
    """Make a webhook. Its secret alone goes to stdout, this once.

    Parameters
    ----------
    name
        What it is called, here and in the `notify` of jobs.
    url
        Where it is sent to: https, and an address outside.
    job
        Tell it of this job only. Default: of all of the project.
    only_named
        Tell it only of jobs whose `notify` names it.
    event
        An event, such as execution.failed; repeated. Default: the ends of executions.
    format
        The form of the body: runbell, or that of a dialect, by its name.
    cloud_events
        Send the attributes of a CloudEvent in the headers, too.
    signature
        v1 (a shared secret), or v1a (ed25519: the receiver gets a public key).
    description
        What it is for.
    """
    with common.client() as client:
        made = client.create_webhook(
            name, url, job=job, only_named=only_named, events=event, format=format, cloud_events=cloud_events,
            signature=signature, description=description,
        )  # fmt: skip
    if made.secret is None:
        put(common.form, made, lambda: print(f"{cell(made.name)} signs with {made.public_key}"))
    else:
        put_secret(common, made, made.secret, f"The webhook {made.name} signs with this secret.")
    return 0


@webhooks.command(name="set")
def set_(
    webhook: WebhookName,
    /,
    *,
    url: str | None = None,
    name: str | None = None,
    event: Events = None,
    description: str | None = None,
    common: Common = HERE,
) -> int:
    """Change a webhook.

    Parameters
    ----------
    url
        Where it is sent to from now on.
    name
        What it is called from now on.
    event
        The events that it is told from now on; repeated.
    description
        What it is for.
    """
    given = {"url": url, "name": name, "events": event, "description": description}
    return _change(common, webhook, {member: value for member, value in given.items() if value is not None})


@webhooks.command
def enable(webhook: WebhookName, /, *, common: Common = HERE) -> int:
    """Tell a webhook again from now on. What it missed meanwhile: runbell webhooks replay."""
    return _change(common, webhook, {"enabled": True})


@webhooks.command
def disable(webhook: WebhookName, /, *, common: Common = HERE) -> int:
    """Tell a webhook nothing from now on; what is on its way to it is given up."""
    return _change(common, webhook, {"enabled": False})


@webhooks.command
def rotate(webhook: WebhookName, /, *, overlap: int = 24, common: Common = HERE) -> int:
    """Give a webhook a new secret. It alone goes to stdout, this once; the one before signs beside it meanwhile.

    Parameters
    ----------
    overlap
        For how many hours the secret before signs beside the new one.
    """
    with common.client() as client:
        made = client.rotate_webhook_secret(webhook, overlap_ms=overlap * 3_600_000)
    until = f" The one before signs beside it until {made.old_until}." if made.old_until else ""
    if made.secret is None:
        put(common.form, made, lambda: print(f"{webhook} signs with {made.public_key}"))
    else:
        put_secret(common, made, made.secret, f"{webhook} signs with a new secret from now on.{until}")
    return 0


@webhooks.command
def test(webhook: WebhookName, /, *, common: Common = HERE) -> int:
    """Send a webhook a test event, and say what came of it."""
    with common.client() as client:
        sent = _settled(client, webhook, client.test_webhook(webhook))
    last = sent.attempts[-1] if sent.attempts else None
    what = "no answer yet" if last is None else last.error or f"it answered {last.status} in {last.duration_ms} ms"
    put(common.form, sent, lambda: print(f"{sent.status}: {cell(what)}"))
    return 0 if sent.status == "delivered" else 1


@webhooks.command
def replay(
    webhook: WebhookName,
    /,
    *,
    since: str,
    all: Annotated[bool, Parameter(negative="")] = False,  # noqa: A002 - the API's word
    common: Common = HERE,
) -> int:
    """Send a webhook what it was not told, because it failed or was disabled.

    Parameters
    ----------
    since
        From when on: a time, or so long ago (1h, 7d).
    all
        Also what it was told.
    """
    with common.client() as client:
        done = client.replay_webhook(webhook, moment_of(since, back=True) or since, everything=all)
    put(common.form, done, lambda: print(f"{count(done.count, 'delivery', 'deliveries')} on the way to {webhook}."))
    return 0


@webhooks.command
def rm(webhook: WebhookName, /, *, common: Common = HERE) -> int:
    """Delete a webhook."""
    with common.client() as client:
        one = client.webhook(webhook)
        client.delete_webhook(webhook)
    named = f" These jobs still name it: {', '.join(one.named_by)}." if one.named_by else ""
    put(common.form, one, lambda: print(f"{cell(one.name)} is told nothing any more.{named}"))
    return 0


def _change(common: Common, webhook: str, members: dict[str, object]) -> int:
    with common.client() as client:
        one = client.change_webhook(webhook, members)
    put(common.form, one, lambda: _people(one))
    return 0


def _settled(client: "Client", webhook: str, sent: "Delivery") -> "Delivery":
    """The delivery after its attempt, or as it is when that takes too long."""
    ends = time.monotonic() + PATIENCE_S
    while sent.status in ("pending", "waiting") and time.monotonic() < ends:
        time.sleep(LOOK_S)
        found = (one for one in client.webhook_deliveries(webhook) if one.id == sent.id)
        sent = next(found, sent)
    return sent


def _people(one: "Webhook") -> None:
    put_members(
        [("id", cell(one.id)), ("name", cell(one.name)), ("url", cell(one.url)), ("about", _about(one)),
         ("events", cell(" ".join(one.events))), ("format", cell(one.format)), ("state", _state(one)),
         ("named by", cell(", ".join(one.named_by)) if one.named_by else ""), ("public key", one.public_key or ""),
         ("old secret until", one.old_secret_until or ""), ("description", cell(one.description)),
         ("created", f"{one.created_at} by {cell(one.created_by)}")]
    )  # fmt: skip


def _about(one: "Webhook") -> str:
    return "jobs that name it" if one.only_named else cell(one.job) if one.job is not None else "all jobs"


def _state(one: "Webhook") -> str:
    if not one.enabled:
        return f"disabled {ago(one.disabled_at)} ({one.disabled_reason})"
    return f"failing since {ago(one.failing_since)}" if one.failing_since else "enabled"
