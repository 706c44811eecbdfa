"""Downloads of exception records: with the key that the details gave, or by a URL that was signed."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

from msgspec import UNSET, structs

from runbell.dialects.dvsum import finding
from runbell.dialects.dvsum.exception_file import MEDIA, Cut, cut, written
from runbell.dialects.dvsum.faults import (
    DownloadKeyInvalid,
    DownloadKeyRequired,
    SignatureInvalid,
    UnknownExecution,
    UnknownRule,
    UrlExpired,
)
from runbell.dialects.dvsum.wire import LIMIT, Download, latest_of, rule_id
from runbell.domain.execution import Execution, StepExecution
from runbell.domain.faults import Gone, NotFound
from runbell.http.answer import Stream, header
from runbell.http.attachments import attachment
from runbell.http.query import refused
from runbell.http.request import Request
from runbell.http.times import rfc3339
from runbell.operations import check_download, give_download, look, read_data, take
from runbell.operations.check_download import DownloadRefused, Opened

FORMATS: Final = ("csv", "json")
KEY: Final = b"x-api-key"


class Giver:
    """Gives out the downloads of one execution, all in the same form and until the same time."""

    def __init__(self, request: Request, execution: Execution, gateway: str, seconds: int, form: str) -> None:
        self._request, self._execution, self._gateway, self._form = request, execution, gateway, form
        self._told = False
        self._ticket = give_download.ticket(request.ports, execution, "", request.principal.subject, seconds)

    def of(self, what: Cut) -> Download | None:
        """How to fetch that file; None when there is nothing in it."""
        if not what.total:
            return None
        if not self._told:
            self._told = True
            until = rfc3339(self._ticket.expires_at * 1_000)
            take.given_along(self._request.ports, self._request.actor, self._execution, expires_at=until)
        request = self._request
        ports = request.ports
        path = f"/integration/exceptions/{self._execution.number}/download"
        said = {} if what.rule_id is None else {"rule_id": what.rule_id}
        if self._form != FORMATS[0]:
            said["format"] = self._form
        told = Download(
            gateway_type="ON_PREM",
            download_url=request.base + (f"{path}?{urlencode(said, quote_via=quote)}" if said else path),
            x_api_key=give_download.download_key(ports, self._ticket),
            expires_at=rfc3339(self._ticket.expires_at * 1_000),
            record_count=what.records,
            total_count=what.total,
            truncated=what.total > LIMIT,
        )
        if self._gateway == "on_prem":
            return told
        url = request.base + give_download.signed_url(ports, path, self._ticket, said)
        return structs.replace(told, gateway_type="CLOUD", download_url=url, x_api_key=UNSET)


async def download(request: Request) -> Stream:
    """GET /integration/exceptions/{execution_id}/download: whoever holds the URL or the key gets the file."""
    opened = await _opened(request)
    execution = opened.execution
    form = checked_format(request.query, "format")
    steps = latest_of(await look.steps(request.ports, execution))
    what = _chosen(steps, request.query.get("rule_id"))
    for one in what.held:  # once the file has begun it is too late to refuse
        await read_data.check(request.ports, execution, one.rows)
    headers = [
        *attachment(f"exceptions-{execution.number}.{form}", MEDIA[form]),
        header("x-total-count", str(what.total)),
        header("x-record-count", str(what.records)),
        header("x-truncated", "true" if what.total > LIMIT else "false"),
    ]
    actor = take.with_link(opened.giver, execution, request.address, request.id)
    return Stream(200, headers, written(request.ports, actor, execution, what, form))


def checked_format(query: Mapping[str, str], name: str) -> str:
    """csv or json, whichever was asked for. Raises InvalidField."""
    form = query.get(name, FORMATS[0])
    if form not in FORMATS:
        raise refused(name, "not_a_choice", f"Parameter {name!r} must be csv or json")
    return form


def _chosen(steps: Sequence[StepExecution], rule: str | None) -> Cut:
    found = cut(steps, rule)
    if rule is not None and not found.found and rule not in map(rule_id, steps):
        raise UnknownRule(f"The execution has no rule {rule[:100]!r}")
    return found


async def _opened(request: Request) -> Opened:
    """The execution that the request may fetch from: the signature says it, else the key."""
    number = finding.whole(request, "execution")
    try:
        if "signature" in request.query:
            path, query = request.raw_path.decode("latin-1"), request.scope["query_string"].decode("latin-1")
            return await check_download.of_url(request.ports, request.method, path, query)
        if (key := request.header(KEY)) is None:
            raise DownloadKeyRequired("Send the x-api-key of the execution's details")
        opened = await check_download.of_key(request.ports, key)
    except DownloadRefused as refusal:
        raise _word(refusal, signed="signature" in request.query) from None
    except (NotFound, Gone):
        raise UnknownExecution("There is no execution of that number.") from None
    if opened.execution.number != number:
        raise DownloadKeyInvalid("Take the x-api-key from the details of this execution; this one is for another")
    return opened


def _word(refusal: DownloadRefused, *, signed: bool) -> DownloadKeyInvalid | SignatureInvalid | UrlExpired:
    if not signed:
        return DownloadKeyInvalid("Take the x-api-key from the execution's details; this one opens nothing (any more)")
    if refusal.why == "expired":
        return UrlExpired("Ask for the execution's details again; this URL has expired")
    return SignatureInvalid("Take the URL from the execution's details; this one was not signed here")
