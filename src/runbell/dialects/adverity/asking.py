"""The vendor's requests → what an operation is asked."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import UNSET, Struct

from runbell.dialects.adverity import moments
from runbell.dialects.adverity.faults import REQUIRED, InvalidPage, NeedsMore, invalid
from runbell.dialects.adverity.wire import DIALECT, DOOR, RANGE
from runbell.domain.job import Job, ParameterType, WhenFull
from runbell.http import idempotency_key
from runbell.http.request import Request
from runbell.operations.call_back import AskedBack
from runbell.operations.foreign import nothing
from runbell.operations.idempotency import IdempotencyKey
from runbell.operations.trigger import Asked
from runbell.ports.numbered_table import ANY, BEGUN, OPEN, NumberedQuery, Numbers, Order, Reach

NOT_A_MOMENT: Final = "Enter a valid date or timestamp."
NOT_A_NUMBER: Final = "A valid integer is required."
NOT_A_URL: Final = "Enter a valid URL."
NOT_A_PRIORITY: Final = '"high", "default", "low" or "backdata" expected.'
BACKWARDS: Final = "end must not be before start."
PRIORITIES: Final = {"high": 1_000, "default": None, "low": -1_000, "backdata": -(2**31)}
"""`default` is the job's own. Definitions take priorities from -1,000,000 on: `backdata` comes after all of them."""
MOST: Final = 1_000
PAGE_SIZE: Final = 100
_ORDERS: Final[dict[str, Order]] = {"id": "number", "job_start": "began", "job_end": "ended", "scheduled": "due"}
_NUMBER: Final = re.compile(r"-?[0-9]+")
_LARGEST: Final = 2**63 - 1
_LONGEST_URL: Final = 2_000


class Fetch(Struct, frozen=True):
    """What a fetch is asked for: its range in epoch ms, how urgent it is, and whom to call back."""

    start: int
    end: int
    priority: int | None
    callback: str | None


def number(text: str) -> int:
    """The number in a path. Raises NotFound for what is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LARGEST):
        raise nothing("number")
    return int(text)


def filter_number(query: Mapping[str, str], name: str) -> int | None:
    """A number to filter by, slashes after it left out; None when absent. Raises InvalidField."""
    text = query.get(name, "").strip().rstrip("/")
    if not text:
        return None
    if not (_NUMBER.fullmatch(text) and text.isascii()):
        raise invalid(**{name: NOT_A_NUMBER})
    return int(text) if len(text) < 20 and abs(int(text)) <= _LARGEST else -1


def numbers(query: Mapping[str, str]) -> Numbers:
    """Which page. Raises InvalidPage for what can be none."""
    page, size = query.get("page", "1").strip(), query.get("page_size", "")
    if page != "last" and not (page.isascii() and page.isdigit() and 0 < len(page) < 19 and int(page) > 0):
        raise InvalidPage("Invalid page.")
    fits = size.isascii() and size.isdigit() and int(size[:20]) > 0
    return Numbers(0 if page == "last" else int(page), min(int(size[:20]), MOST) if fits else PAGE_SIZE)


def listed(query: Mapping[str, str], reach: Reach, *, past: bool) -> NumberedQuery:
    """The list of jobs that a query asks for. `past`: without a range of time all of them, and not only the open ones.

    Raises InvalidField, InvalidPage.
    """
    since, until = _range(query)
    ranged = since is not None or until is not None
    return NumberedQuery(
        reach=reach if query.get("type", "").strip().lower() in {"", "fetch"} else Reach(),
        numbers=numbers(query),
        which=BEGUN if ranged else ANY if past else OPEN,
        since=since,
        until=None if until is None else until + 999,  # to the end of that second
        by_itself={"true": False, "false": True}.get(query.get("manual", "").strip().lower()),
        order=_order(query.get("ordering", "")),
    )


def fetch(fields: Mapping[str, Any]) -> Fetch:
    """What the fields of a fetch ask for. Raises InvalidField with all that is wrong."""
    wrong: dict[str, str] = {}
    start, end = (_moment(fields.get(name, UNSET), name, wrong) for name in ("start", "end"))
    if start is not None and end is not None and end < start:
        wrong["end"] = BACKWARDS
    priority, callback = fields.get("priority"), fields.get("callback")
    if priority is not None and (not isinstance(priority, str) or priority.strip().lower() not in PRIORITIES):
        wrong["priority"] = NOT_A_PRIORITY
    if callback is not None and not (isinstance(callback, str) and _is_url(callback)):
        wrong["callback"] = NOT_A_URL
    if wrong or start is None or end is None:
        raise invalid(**wrong)
    return Fetch(start, end, PRIORITIES[(priority or "default").strip().lower()], callback)


def start(request: Request, job: Job, wanted: Fetch, fields: Mapping[str, Any]) -> Asked:
    """The start of a job that a fetch is. Raises NeedsMore for one with parameters that a fetch cannot name."""
    named = _parameters(job, wanted)
    missing = [one.name for one in job.parameters if one.required and one.default is UNSET and one.name not in named]
    if missing:
        said = f"needs parameters that fetch_fixed cannot give: {', '.join(missing)}."
        raise NeedsMore(f"Datastream {request.values['datastream']} {said}")
    key = idempotency_key.read(request.header(b"idempotency-key"))
    path = f"/api/datastreams/{int(request.values['datastream'])}/fetch_fixed/"
    about = dict(zip(RANGE, (wanted.start, wanted.end), strict=True)) | (
        {} if wanted.callback is None else {"callback": wanted.callback, DOOR: request.base}
    )
    return Asked(
        job=job.name, params=named, priority=wanted.priority, surface=DIALECT, overlap=WhenFull.QUEUE, nameless=True,
        idempotency=None if key is None else IdempotencyKey(key, path, dict(fields)), traceparent=request.traceparent,
        about=about, call_back=None if wanted.callback is None else _call_back(wanted.callback),
    )  # fmt: skip


def _call_back(url: str) -> AskedBack:
    """The vendor's callback: an address that is not allowed fails the delivery, never the job."""
    return AskedBack(url=url, format=DIALECT, vetted=False)


def _parameters(job: Job, wanted: Fetch) -> dict[str, str]:
    """The range, for a job that declares parameters of these names: a day for one of type `date`, else a timestamp."""
    ends = {"start": wanted.start, "end": wanted.end}
    return {
        one.name: (moments.day if one.type is ParameterType.DATE else moments.text)(ends[one.name])
        for one in job.parameters
        if one.name in ends
    }


def _range(query: Mapping[str, str]) -> tuple[int | None, int | None]:
    wrong: dict[str, str] = {}
    since, until = (_moment(query.get(name) or None, name, wrong, optional=True) for name in ("start", "end"))
    if since is not None and until is not None and until < since:
        wrong["end"] = BACKWARDS
    if wrong:
        raise invalid(**wrong)
    return since, until


def _moment(said: Any, name: str, wrong: dict[str, str], *, optional: bool = False) -> int | None:
    if said is None or said is UNSET:
        if not optional:
            wrong[name] = REQUIRED
        return None
    try:
        return moments.moment(said, last=name == "end")
    except (ValueError, OverflowError, AttributeError):
        wrong[name] = NOT_A_MOMENT
        return None


def _order(text: str) -> tuple[tuple[Order, bool], ...]:
    """What to order by; the newest first where nothing is said, and among equals."""
    found: dict[Order, bool] = {}
    for word in text.split(","):
        name = _ORDERS.get(word.strip().removeprefix("-"))
        if name is not None:
            found.setdefault(name, word.strip().startswith("-"))
    return tuple(({**found} | ({} if "number" in found else {"number": True})).items())


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
            and len(text) <= _LONGEST_URL and text.isprintable() and " " not in text
        )  # fmt: skip
    except ValueError:
        return False
