"""Pages that a person signs in on: made here, without a script, and for nobody's frame."""

from html import escape
from typing import Final

from runbell.domain.fault import Fault
from runbell.http.answer import Answer, Headers, header
from runbell.http.request import Request
from runbell.http.route import Refusals

HTML: Final = "text/html"
_POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
_HEADERS: Final = (
    header("cache-control", "no-store"), header("x-content-type-options", "nosniff"),
    # Nothing is told to others. `no-referrer` would make a browser send `Origin: null` with the form, to us as well.
    header("referrer-policy", "same-origin"), header("x-frame-options", "DENY"),
)  # fmt: skip
_TYPE: Final = header("content-type", "text/html; charset=utf-8")
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title} - runbell</title></head>
<body><main><h1>{title}</h1>
{body}
</main></body></html>
"""
CREDENTIALS: Final = """<p><label for="username">User name</label><br>
<input id="username" name="username" required autofocus autocomplete="username" maxlength="256"></p>
<p><label for="password">Password</label><br>
<input id="password" name="password" type="password" required autocomplete="current-password" maxlength="1024"></p>"""
NOT_FROM_HERE: Final = "<p>This form can only be sent from its own page. Open it again.</p>"


def refuse(fault: Fault, _: Request) -> Answer:
    """Any other refusal, as a page."""
    status = {"quota_exceeded": 429, "unavailable": 503, "storage_full": 503, "internal": 500,
              "body_too_large": 413}.get(fault.code, 400)  # fmt: skip
    again: Headers = [header("retry-after", str(fault.retry_after_s or 1))] if status in {429, 503} else []
    return page(status, "That did not work", f"<p>{escape(fault.detail)}</p>", again)


REFUSALS: Final = Refusals(
    refuse, str, HTML,
    {400: ("malformed",), 403: ("not from here",), 413: ("too large",), 429: ("too many attempts",), 500: ("a defect",),
     503: ("not now",)},
)  # fmt: skip


def from_here(request: Request) -> bool:
    """Whether a browser says that its own page sent this; a client that says nothing is refused."""
    site = request.header(b"sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    scheme, _, rest = request.base.partition("://")
    return request.header(b"origin") == f"{scheme}://{rest.partition('/')[0]}"


def page(status: int, title: str, body: str, more: Headers = [], *, onward: str = "") -> Answer:  # noqa: B006
    """A whole page; `body` is HTML. `onward`: where its form may lead besides this server (CSP form-action)."""
    policy = header("content-security-policy", f"{_POLICY} {onward}".rstrip())
    text = _PAGE.format(title=escape(title), body=body).encode()
    return Answer(status, [_TYPE, *_HEADERS, policy, *more], text)


def send_to(address: str) -> Answer:
    """Send a browser on, with a GET (RFC 9700 §4.12: 303, since a 307 would hand the password on)."""
    return Answer(303, [*_HEADERS, header("location", address)])
