"""The page on which a person lets a device in (RFC 8628 §3.3): made here, without a script, and for nobody's frame."""

from html import escape
from typing import Final

from runbell.dialects.native.page import CREDENTIALS, NOT_FROM_HERE, from_here, page
from runbell.domain.identity import SCOPES
from runbell.domain.principals import DeviceRequest
from runbell.http.answer import Answer
from runbell.http.request import Request
from runbell.operations import devices
from runbell.operations.client_login import BUILT_IN, CLI
from runbell.operations.devices import CannotAllow
from runbell.operations.tokens import Whence

_CODE_FORM: Final = """<form method="get" action="device">
<p><label for="user_code">The code that your device shows</label><br>
<input id="user_code" name="user_code" required autofocus autocomplete="off" maxlength="16" size="12"></p>
<p><button type="submit">Go on</button></p></form>"""
_DECISION_FORM: Final = """<p><strong>{client}</strong> asks, with the code <strong>{code}</strong>, to act for you.</p>
<p>It wants {wants}</p>
<p>Go on only if you began this yourself, a moment ago, and your device shows the same code.</p>
<form method="post" action="device"><input type="hidden" name="user_code" value="{code}">
{credentials}
<p><button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny">Deny</button></p></form>"""


async def show(request: Request) -> Answer:
    """GET /device: ask for the code; with one, say what is asked for and by whom."""
    typed = request.query.get("user_code")
    if not typed:
        return page(200, "Let a device in", _CODE_FORM)
    try:
        device = await devices.waiting(request.ports, typed, request.address)
    except CannotAllow as why:
        return _again(str(why))
    return page(200, "Let a device in", _decision(device))


async def decide(request: Request) -> Answer:
    """POST /device: allow or deny, with name and password. Only this page itself may send it (S-18)."""
    if not from_here(request):
        return page(403, "Not from here", NOT_FROM_HERE)
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
    return page(200, "Done", f"<p>{escape(device.client)} {said}. You can close this page.</p>")


def _decision(device: DeviceRequest) -> str:
    own = device.client == CLI
    client, all_ = (BUILT_IN.name, "you have") if own else (f"The client {device.client}", "you and it both have")
    scopes = [scope for scope in device.scopes if scope.split(":")[0] in {known.split(":")[0] for known in SCOPES}]
    wants = f"these rights, as far as you have them: {', '.join(scopes)}." if scopes else f"all rights that {all_}."
    code = f"{device.user_code[:4]}-{device.user_code[4:]}"
    return _DECISION_FORM.format(client=escape(client), code=escape(code), wants=escape(wants), credentials=CREDENTIALS)


def _again(said: str, typed: str = "") -> Answer:
    back = f'<p><a href="device?user_code={escape(_word(typed))}">Try again</a></p>' if _word(typed) else _CODE_FORM
    return page(400, "That did not work", f"<p>{escape(said)}</p>{back}")


def _word(typed: str) -> str:
    return "".join(letter for letter in typed[:16] if letter.isascii() and (letter.isalnum() or letter == "-"))
