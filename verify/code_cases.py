"""The authorization code case by case: what a client asks of a person, what it shows for the code, and what comes."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from verify.principals import PASSWORD
from verify.raw import Line, Told

AUTHORIZE, TOKEN = "/oauth/authorize", "/oauth/token"
BACK, LOOPBACK = "https://app.example/callback?kept=1", "http://127.0.0.1:53111/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""RFC 7636, appendix B."""
STATE = "a state & more=%"
ASKED = {
    "response_type": "code", "client_id": "web", "redirect_uri": BACK, "state": STATE, "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}  # fmt: skip
SHOWN = {
    "grant_type": "authorization_code", "client_id": "web", "redirect_uri": BACK, "code_verifier": VERIFIER,
}  # fmt: skip
CLI = {"client_id": "runbell-cli", "redirect_uri": LOOPBACK}
ADA = {"username": "ada", "password": PASSWORD, "decision": "allow"}
OURS = {"sec_fetch_site": "same-origin"}
PAGE, FORM = "a page that leads nowhere", "the form"
Change = dict[str, str | None]


class Asking(NamedTuple):
    """Fields that differ from ASKED (None: left out), and what comes: PAGE, FORM, or the error that is sent back."""

    says: str
    change: Change
    wanted: str


def _back(says: str, uri: str | None, wanted: str = PAGE) -> Asking:
    return Asking(says, {"redirect_uri": uri}, wanted)


def _port(says: str, uri: str, wanted: str = PAGE) -> Asking:
    return Asking(says, CLI | {"redirect_uri": uri}, wanted)


ASKINGS = (
    Asking("all as it should be", {}, FORM),
    Asking("no state", {"state": None}, FORM),
    Asking("fields that nobody knows", {"nonce": "x", "prompt": "login"}, FORM),
    Asking("the answer in the query", {"response_mode": "query"}, FORM),
    Asking("the command line", CLI, FORM),
    Asking("a scope", {"scope": "jobs:read"}, FORM),
    Asking("no client", {"client_id": None}, PAGE),
    Asking("an unknown client", {"client_id": "nobody"}, PAGE),
    Asking("a client in capitals", {"client_id": "WEB"}, PAGE),
    Asking("a disabled one", {"client_id": "asleep"}, PAGE),
    Asking("a client without addresses", {"client_id": "etl"}, PAGE),
    _back("no address of several", None),
    _back("an empty address", ""),
    _back("an unregistered one", "https://evil.test/"),
    _back("without its query", "https://app.example/callback"),
    _back("with more query", f"{BACK}&x=1"),
    _back("with a fragment", f"{BACK}#x"),
    _back("with a longer path", "https://app.example/callback/x?kept=1"),
    _back("the way up", "https://app.example/callback/../evil?kept=1"),
    _back("another case", BACK.replace("app", "APP")),
    _back("a scheme in capitals", BACK.replace("https", "HTTPS")),
    _back("http for https", BACK.replace("https", "http")),
    _back("the port said", BACK.replace("example", "example:443")),
    _back("percent-encoded", BACK.replace("k?", "%6B?")),
    _back("a user before the host", BACK.replace("https://", "https://app.example@evil.test/")),
    _back("the host as a user", BACK.replace("app.example", "app.example@evil.test")),
    _back("a backslash", "https://evil.test\\@app.example/callback?kept=1"),
    _back("a subdomain", BACK.replace("app", "a.app")),
    _back("the host continued", BACK.replace("example", "example.evil.test")),
    _back("no scheme", BACK.partition(":")[2]),
    _back("a script", "javascript:alert(1)//app.example/callback?kept=1"),
    _back("a line feed", f"{BACK}\n"),
    _back("a header", f"{BACK}\r\nset-cookie: a=b"),
    _back("a blank before", f" {BACK}"),
    _back("a NUL", f"{BACK}\0"),
    _port("another port", "http://127.0.0.1:1/callback", FORM),
    _port("no port", "http://127.0.0.1/callback", FORM),
    _port("IPv6", "http://[::1]:53111/callback", FORM),
    _port("a name for it", "http://localhost:53111/callback"),
    _port("no such port", "http://127.0.0.1:65536/callback"),
    _port("a port of letters", "http://127.0.0.1:x/callback"),
    _port("its path continued", f"{LOOPBACK}/x"),
    _port("a port and a host", "http://127.0.0.1:1@evil.test/callback"),
    _port("a host that begins so", "http://127.0.0.1.evil.test:1/callback"),
    _port("TLS", LOOPBACK.replace("http", "https")),
    _port("its neighbour", LOOPBACK.replace("0.1", "0.2")),
    _port("its decimal form", "http://2130706433:1/callback"),
    Asking("no response_type", {"response_type": None}, "invalid_request"),
    Asking("the implicit grant", {"response_type": "token"}, "unsupported_response_type"),
    Asking("a hybrid", {"response_type": "code token"}, "unsupported_response_type"),
    Asking("CODE", {"response_type": "CODE"}, "unsupported_response_type"),
    Asking("the answer in the fragment", {"response_mode": "fragment"}, "invalid_request"),
    Asking("no challenge", {"code_challenge": None}, "invalid_request"),
    Asking("an empty challenge", {"code_challenge": ""}, "invalid_request"),
    Asking("a challenge too short", {"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
    Asking("a padded challenge", {"code_challenge": f"{CHALLENGE}="}, "invalid_request"),
    Asking("a challenge in hex", {"code_challenge": "0" * 64}, "invalid_request"),
    Asking("no method, which is plain", {"code_challenge_method": None}, "invalid_request"),
    Asking("plain", {"code_challenge_method": "plain"}, "invalid_request"),
    Asking("s256", {"code_challenge_method": "s256"}, "invalid_request"),
    Asking("a scope with a quote", {"scope": 'a"b'}, "invalid_scope"),
    Asking("only what the client may not", {"scope": "users:admin"}, "invalid_scope"),
)


class Showing(NamedTuple):
    """What differs from SHOWN when the code is redeemed, and the error that must come; None: the tokens."""

    says: str
    change: Change
    wanted: str | None
    burns: bool = True


SHOWINGS = (
    Showing("all as it should be", {}, None),
    Showing("no verifier", {"code_verifier": None}, "invalid_request", burns=False),
    Showing("no code", {"code": None}, "invalid_request", burns=False),
    Showing("a wrong verifier", {"code_verifier": VERIFIER[::-1]}, "invalid_grant"),
    Showing("a verifier in capitals", {"code_verifier": VERIFIER.upper()}, "invalid_grant"),
    Showing("the challenge as verifier", {"code_verifier": CHALLENGE}, "invalid_grant"),
    Showing("a verifier cut short", {"code_verifier": VERIFIER[:-1]}, "invalid_grant"),
    Showing("another client", {"client_id": "runbell-cli"}, "invalid_grant"),
    Showing("another address", {"redirect_uri": "https://app.example/"}, "invalid_grant"),
    Showing("no address", {"redirect_uri": None}, "invalid_grant"),
    Showing("a client that is not there", {"client_id": "nobody"}, "invalid_client", burns=False),
    Showing("a secret that it has not", {"client_secret": "x"}, "invalid_client", burns=False),
)


def what_a_client_may_ask(line: Line) -> Iterator[str]:
    """RFC 6749 §4.1.1, 7636, 8252, 9207: by the address it sends people to, and once more by the form they send."""
    for case in ASKINGS:
        fields = _changed(ASKED, case.change)
        seen = line.send("GET", f"{AUTHORIZE}?{urlencode(fields, quote_via=quote)}")
        yield _wrong(f"{case.says}, seen", seen, case.wanted)
        if case.wanted != FORM:
            yield _wrong(f"{case.says}, allowed", line.form(AUTHORIZE, fields | ADA, **OURS), case.wanted)
    for twice, wanted in (
        ("client_id", PAGE), ("redirect_uri", PAGE), ("scope", "invalid_request"),
        ("code_challenge", "invalid_request"),
    ):  # fmt: skip
        query = urlencode(ASKED | {"scope": "jobs:read"}, quote_via=quote)
        seen = line.send("GET", f"{AUTHORIZE}?{query}&{twice}={quote(ASKED.get(twice, 'jobs:read'), safe='')}")
        yield _wrong(f"{twice} twice", seen, wanted)


def what_a_code_may_be_shown_with(line: Line) -> Iterator[str]:
    """RFC 6749 §4.1.3, 7636 §4.6: one attempt, by whoever asked, with the proof."""
    for case in SHOWINGS:
        code = allowed(line)
        told = line.form(TOKEN, _changed(SHOWN | {"code": code}, case.change))
        yield "" if told.json.get("error") == case.wanted else f"{case.says}: {told.status} {told.json}"
        again = line.form(TOKEN, SHOWN | {"code": code})
        wanted = "invalid_grant" if case.burns else None
        yield "" if again.json.get("error") == wanted else f"{case.says}, then rightly: {again.status} {again.json}"


def a_code_that_comes_twice(line: Line) -> Iterator[str]:
    """RFC 6749 §4.1.2, 9700: what it gave ends, refreshed or not; and the sign-in of somebody else goes on."""
    code, other = allowed(line), allowed(line)
    first, kept = (line.form(TOKEN, SHOWN | {"code": one}).json for one in (code, other))
    refresh = {"grant_type": "refresh_token", "client_id": "web"}
    second = line.form(TOKEN, refresh | {"refresh_token": first["refresh_token"]}).json
    yield "" if second.get("refresh_token") not in {None, first["refresh_token"]} else f"not rotated: {second}"
    told = line.form(TOKEN, SHOWN | {"code": code})
    yield "" if told.json.get("error") == "invalid_grant" else f"a second use: {told.json}"
    ended = line.form(TOKEN, refresh | {"refresh_token": second["refresh_token"]})
    yield "" if ended.json.get("error") == "invalid_grant" else "a second use ends nothing"
    yield "" if line.form(TOKEN, refresh | {"refresh_token": kept["refresh_token"]}).status == 200 else "it ends all"


def what_is_granted(line: Line) -> Iterator[str]:
    """What is asked for, as far as the client and the person may; sent back with state and issuer; or not at all."""
    for scope, granted in ((None, "jobs:read executions:run:load"), ("jobs:read users:admin", "jobs:read")):
        code = allowed(line, {"scope": scope})
        found = line.form(TOKEN, SHOWN | {"code": code}).json
        yield "" if found.get("scope") == granted else f"{scope}: {found}"
    sent = line.form(AUTHORIZE, ASKED | ADA | {"decision": "deny", "password": ""}, **OURS)
    yield _wrong("denied", sent, "access_denied")
    yield "" if line.form(AUTHORIZE, ASKED | ADA).status == 403 else "a form from nowhere is taken"
    foreign = line.form(AUTHORIZE, ASKED | ADA, origin="https://app.example")
    yield "" if foreign.status == 403 else "a foreign form is taken"
    wrong = line.form(AUTHORIZE, ASKED | ADA | {"password": "x"}, **OURS)
    yield "" if wrong.status == 400 and "location" not in wrong.headers else f"a wrong password: {wrong.status}"


def allowed(line: Line, change: Change | None = None) -> str:
    """A code that ada allowed; empty when none came."""
    sent = line.form(AUTHORIZE, _changed(ASKED, change or {}) | ADA, **OURS)
    return _told(sent).get("code", "")


def _wrong(says: str, told: Told, wanted: str) -> str:
    """What is wrong with an answer of the authorization endpoint; nothing: empty."""
    place, form = told.headers.get("location"), b'<form method="post"' in told.body
    if wanted in {PAGE, FORM}:
        right = place is None and (told.status, form) == ((400, False) if wanted == PAGE else (200, True))
        return "" if right else f"{says}: {told.status} {place} instead of {wanted}"
    said = _told(told)
    right = (said.get("error"), said.get("state"), said.get("kept"), "code" in said) == (wanted, STATE, "1", False)
    issued = said.get("iss", "").startswith("http://127.0.0.1:") and told.headers.get("cache-control") == "no-store"
    to = (place or "").startswith(f"{BACK}&")
    return (
        "" if told.status == 303 and right and issued and to else f"{says}: {told.status} {place} instead of {wanted}"
    )


def _told(told: Told) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(told.headers.get("location", "")).query))


def _changed(fields: dict[str, str], change: Change) -> dict[str, Any]:
    return {name: value for name, value in (fields | change).items() if value is not None}
