"""The page on which a person lets a device in (RFC 8628 §3.3): made here, without a script, and for nobody's frame."""

from html import escape
from typing import Final

from runbell.domain.fault import Fault
from runbell.domain.identity import SCOPES
from runbell.domain.principals import DeviceRequest
from runbell.http.answer import Answer, Headers, header
from runbell.http.request import Request
from runbell.http.route import Refusals
from runbell.operations import devices
from runbell.operations.client_login import CLI
from runbell.operations.devices import CannotAllow
from runbell.operations.tokens import Whence

HTML: Final = "text/html"
_POLICY: Final = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
_HEADERS: Final = (
    header("content-type", "text/html; charset=utf-8"), header("cache-control", "no-store"),
    header("content-security-policy", _POLICY), header("x-content-type-options", "nosniff"),
    header("referrer-policy", "no-referrer"), header("x-frame-options", "DENY"),
)  # fmt: skip
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title} - runbell</title></head>
<body><main><h1>{title}</h1>
{body}
</main></body></html>
"""
_CODE_FORM: Final = """<form method="get" action="device">
<p><label for="user_code">The code that your device shows</label><br>
<input id="user_code" name="user_code" required autofocus autocomplete="off" maxlength="16" size="12"></p>
<p><button type="submit">Go on</button></p></form>"""
_DECISION_FORM: Final = """<p><strong>{client}</strong> asks, with the code <strong>{code}</strong>, to act for you.</p>
<p>It wants {wants}</p>
<p>Go on only if you began this yourself, a moment ago, and your device shows the same code.</p>
<form method="post" action="device"><input type="hidden" name="user_code" value="{code}">
<p><label for="username">User name</label><br>
<input id="username" name="username" required autofocus autocomplete="username" maxlength="256"></p>
<p><label for="password">Password</label><br>
<input id="password" name="password" type="password" required autocomplete="current-password" maxlength="1024"></p>
<p><button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button></p></form>"""


async def show(request: Request) -> Answer:
    """GET /device: ask for the code; with one, say what is asked for and by whom."""
    typed = request.query.get("user_code")
    if not typed:
        return _page(200, "Let a device in", _CODE_FORM)
    try:
        device = await devices.waiting(request.ports, typed, request.address)
    except CannotAllow as why:
        return _again(str(why))
    return _page(200, "Let a device in", _decision(device))


async def decide(request: Request) -> Answer:
    """POST /device: allow or deny, with name and password. Only this page itself may send it (S-18)."""
    if not _from_here(request):
        return _page(403, "Not from here", "<p>This form can only be sent from its own page. Open it again.</p>")
    form = await request.form()
    typed, allow = form.get("user_code", ""), form.get("decision") == "allow"
    whence = Whence(request.address, request.id)
    try:
        device = await devices.decide(
            request.ports, typed, form.get("username", ""), form.get("password", ""), allow=allow, whence=whence
        )
    except CannotAllow as why:
        return _again(str(why), typed)
    said = "is signed in now" if allow else "was denied"
    return _page(200, "Done", f"<p>{escape(device.client)} {said}. You can close this page.</p>")


def refuse(fault: Fault, _: Request) -> Answer:
    """Any other refusal, as a page."""
    status = {"quota_exceeded": 429, "unavailable": 503, "storage_full": 503, "internal": 500,
              "body_too_large": 413}.get(fault.code, 400)  # fmt: skip
    again: Headers = [header("retry-after", str(fault.retry_after_s or 1))] if status in {429, 503} else []
    return _page(status, "That did not work", f"<p>{escape(fault.detail)}</p>", again)


REFUSALS: Final = Refusals(
    refuse, str, HTML,
    {400: ("malformed",), 403: ("not from here",), 413: ("too large",), 429: ("too many attempts",), 500: ("a defect",),
     503: ("not now",)},
)  # fmt: skip


def _from_here(request: Request) -> bool:
    """Whether a browser says that its own page sent this; a client that says nothing is refused."""
    site = request.header(b"sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    scheme, _, rest = request.base.partition("://")
    return request.header(b"origin") == f"{scheme}://{rest.partition('/')[0]}"


def _decision(device: DeviceRequest) -> str:
    client = "The command line (runbell)" if device.client == CLI else f"The client {device.client}"
    scopes = [scope for scope in device.scopes if scope.split(":")[0] in {known.split(":")[0] for known in SCOPES}]
    wants = f"these rights, as far as you have them: {', '.join(scopes)}." if scopes else "all rights that you have."
    code = f"{device.user_code[:4]}-{device.user_code[4:]}"
    return _DECISION_FORM.format(client=escape(client), code=escape(code), wants=escape(wants))


def _again(said: str, typed: str = "") -> Answer:
    back = f'<p><a href="device?user_code={escape(_word(typed))}">Try again</a></p>' if _word(typed) else _CODE_FORM
    return _page(400, "That did not work", f"<p>{escape(said)}</p>{back}")


def _word(typed: str) -> str:
    return "".join(letter for letter in typed[:16] if letter.isascii() and (letter.isalnum() or letter == "-"))


def _page(status: int, title: str, body: str, more: Headers = []) -> Answer:  # noqa: B006 - never changed
    return Answer(status, [*_HEADERS, *more], _PAGE.format(title=escape(title), body=body).encode())
