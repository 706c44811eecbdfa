"""The page to which a client sends people (RFC 6749 §4.1): they see who asks for what, sign in, allow or deny it."""

from html import escape
from typing import Final

from msgspec import Struct

from runbell.dialects.native.page import CREDENTIALS, NOT_FROM_HERE, from_here, page, send_to
from runbell.domain import grants
from runbell.domain.identity import EVERYWHERE
from runbell.domain.redirects import is_loopback, with_answer
from runbell.http import query
from runbell.http.answer import Answer
from runbell.http.request import Request
from runbell.operations import authorize
from runbell.operations.authorize import Asked, CannotAsk, SentBack
from runbell.operations.client_login import CLI
from runbell.operations.sign_in import CannotSignIn
from runbell.operations.tokens import Whence

FIELDS: Final = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
    "response_mode",
)  # fmt: skip
TITLE: Final = "Let a program act for you"
_FORM: Final = """<p><strong>{client}</strong> asks to act for you.</p>
{wants}
<p>Afterwards you are sent {back}.</p>
<p>Go on only if you began this yourself, a moment ago.</p>
{said}<form method="post" action="authorize">
{hidden}
{credentials}
<p><button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny" formnovalidate>Deny</button></p></form>"""


class DecisionForm(Struct, kw_only=True):
    """A person's decision on what a client asked for, which comes along as it was asked."""

    client_id: str
    response_type: str
    code_challenge: str
    code_challenge_method: str
    decision: str
    redirect_uri: str = ""
    scope: str = ""
    state: str = ""
    response_mode: str = ""
    username: str = ""
    password: str = ""


async def show(request: Request) -> Answer:
    """GET /oauth/authorize: say who asks for what, and ask for name and password."""
    repeated = query.repeated(request.scope["query_string"])
    try:
        asked = await authorize.asked(request.ports, request.query, repeated)
    except CannotAsk as why:
        return _nobody(why)
    except SentBack as why:
        return _sent(request, why)
    return _form(200, asked, request.query)


async def decide(request: Request) -> Answer:
    """POST /oauth/authorize: allow it with name and password, or deny it. Only this page itself may send it (S-18)."""
    if not from_here(request):
        return page(403, "Not from here", NOT_FROM_HERE)
    form = await request.form()
    whence = Whence(request.address, request.id)
    try:
        asked = await authorize.asked(request.ports, form)
        if form.get("decision") != "allow":
            return _sent(request, authorize.deny(request.ports, asked, whence))
        name, password = form.get("username", ""), form.get("password", "")
        code = await authorize.allow(request.ports, asked, name, password, whence)
    except CannotAsk as why:
        return _nobody(why)
    except SentBack as why:
        return _sent(request, why)
    except CannotSignIn as why:
        return _form(400, asked, form, str(why))
    return send_to(with_answer(asked.redirect_uri, {"code": code, "state": asked.state, "iss": request.base}))


def _sent(request: Request, why: SentBack) -> Answer:
    """A refusal that the client hears (RFC 6749 §4.1.2.1, RFC 9207)."""
    told = {"error": why.error, "error_description": str(why), "state": why.state, "iss": request.base}
    return send_to(with_answer(why.redirect_uri, told))


def _nobody(why: CannotAsk) -> Answer:
    said = f"<p>{escape(str(why))}</p><p>Nothing was allowed. Tell whoever runs that program, or go back.</p>"
    return page(400, "That did not work", said)


def _form(status: int, asked: Asked, fields: dict[str, str], said: str = "") -> Answer:
    name = asked.client.name or asked.client.id
    body = _FORM.format(
        client=escape(name if asked.client.id in {CLI, name} else f"{name} ({asked.client.id})"),
        wants=_wants(asked), back=escape(_back(asked.redirect_uri)), credentials=CREDENTIALS,
        hidden="\n".join(_hidden(field, fields[field]) for field in FIELDS if field in fields),
        said=f'<p role="alert"><strong>{escape(said)}</strong></p>\n' if said else "",
    )  # fmt: skip
    return page(status, TITLE, body, onward=_onward(asked.redirect_uri))


def _wants(asked: Asked) -> str:
    """What the client would get at most, project by project."""
    if asked.client.id == CLI and asked.scopes is None:
        return "<p>It wants all rights that you have.</p>"
    lines = (
        f"<li>in {'every project' if project == EVERYWHERE else f'the project {escape(project)}'}: "
        f"{escape(', '.join(words))}</li>"
        for project, words in grants.written(asked.would_get).items()
    )
    return f"<p>It wants these rights, as far as you have them:</p>\n<ul>{''.join(lines)}</ul>"


def _back(uri: str) -> str:
    scheme, _, rest = uri.partition(":")
    if is_loopback(uri):
        return "back to it, on this computer"
    host = rest.lstrip("/").partition("/")[0].partition("?")[0]
    return f"on to {host}" if scheme == "https" else f"back to the app of {scheme}"


def _onward(uri: str) -> str:
    """Where the answer may lead, by CSP: browsers hold a form's whole chain of redirections to `form-action`, and where
    an app sends people on from its own address is its affair.
    """
    if uri.startswith("https:"):
        return "https:"
    if not is_loopback(uri):
        return f"https: {uri.partition(':')[0]}:"
    origin = "/".join(uri.partition("?")[0].split("/", 3)[:3])
    return f"https: {'http:' if '[' in origin else origin}"  # CSP knows no IPv6 address


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'
