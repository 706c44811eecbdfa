"""S-10: the authorization server answers each case as its standard says; and whole stories, from sign-in to the end."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from runbell.domain.identity import Grants
from verify.check import Check, Figure, Trial
from verify.code_cases import (
    ASKINGS,
    BACK,
    CHALLENGE,
    SHOWINGS,
    SHOWN,
    a_code_that_comes_twice,
    what_a_client_may_ask,
    what_a_code_may_be_shown_with,
    what_is_granted,
)
from verify.oauth_cases import CASES, DEVICE, DEVICE_GRANT, GRANT, INTROSPECT, REVOKE, TOKEN, Case, by
from verify.principals import PASSWORD, RIGHTS, plant_code, settle_in
from verify.raw import Line, Told
from verify.server import serving

CLI = {"client_id": "runbell-cli"}
SIGNED_IN: Grants = {"default": ("jobs:read", "executions:run:load")}
OVER, LASTING = "a-code-that-is-over", "a-code-that-is-not"
LEFT_MS = 2_500
SERVER, RESOURCE = "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource"


def run(trial: Trial) -> Figure:
    """The table, each case from an address of its own, and the stories."""
    data = trial.folder / "data"
    settle_in(data, {"etl": RIGHTS, "other": RIGHTS, "poor": {}}, {"ada": "operator"})
    settle_in(data, {"asleep": RIGHTS}, redirect_uris=(BACK,), disabled_at=1)
    settle_in(data, {"web": SIGNED_IN}, redirect_uris=(BACK, "https://app.example/"), public=True)
    over_at = round(time.time() * 1_000) + LEFT_MS
    for text, ends in ((OVER, over_at), (LASTING, over_at + 600_000)):
        plant_code(data, text, client="web", redirect_uri=BACK, challenge=CHALLENGE, expires_at=ends)
    wrong: list[str] = []
    tried = 0
    with serving(trial) as server:
        wrong += [f"a code that is over: {said}" for said in _expired(server.port, over_at) if said]
        for turn in range(trial.size):
            for number, case in enumerate(CASES):
                line = Line(server.port, f"127.{20 + turn % 200}.0.{number + 1}")
                wrong += [
                    f"{case.says}: {said}" for said in _case(case, line.form(case.path, case.form, **case.headers))
                ]
                line.close()
                tried += 1
            for number, story in enumerate(STORIES):
                line = Line(server.port, f"127.{20 + turn % 200}.1.{number + 1}")
                for said in story(line):
                    tried += 1
                    wrong += [f"{story.__name__}: {said}"] if said else []
                line.close()
    for sentence in wrong[:20]:
        trial.say(sentence)
    return Figure(not wrong, tried, {"wrong": len(wrong), "cases": len(CASES) + len(ASKINGS) + len(SHOWINGS)})


def _case(case: Case, told: Told) -> Iterator[str]:
    """What is not as it should be."""
    body = told.json
    if told.status != case.status or body.get("error") != case.error:
        yield f"{told.status} {body or told.body!r}"
    if told.headers.get("cache-control") != "no-store" or told.headers.get("pragma") != "no-cache":
        yield "it may be kept"
    if ("www-authenticate" in told.headers) != case.challenge:
        yield f"challenge: {told.headers.get('www-authenticate')}"
    if case.challenge and told.headers["www-authenticate"] != 'Basic realm="runbell"':
        yield told.headers["www-authenticate"]
    if case.scope is not None and body.get("scope") != case.scope:
        yield f"scope {body.get('scope')!r}"
    if case.body is not None and body != case.body:
        yield f"{body}"
    if case.error and not (body.get("error_description") and body.get("error_uri")):
        yield "it does not say what to do"
    if case.status == 200 and case.path == TOKEN and (
        body.keys() != {"access_token", "token_type", "expires_in", "scope"} or body["expires_in"] != 3600
        or body["token_type"] != "Bearer"
    ):  # fmt: skip
        yield f"members {sorted(body)}"


def _expired(port: int, over_at: int) -> Iterator[str]:
    """Before anything else: the next code that is given sweeps what is over away."""
    time.sleep(max(0.0, over_at / 1_000 - time.time()) + 0.05)
    line = Line(port)
    yield _error(line.form(TOKEN, SHOWN | {"code": OVER}), "invalid_grant")
    good = line.form(TOKEN, SHOWN | {"code": LASTING})
    yield "" if good.status == 200 else f"one that is not is refused: {good.json}"
    line.close()


def a_token_in_the_shape_of_rfc_9068(line: Line) -> Iterator[str]:
    """A real client decodes it; a gateway verifies it with the published keys."""
    from joserfc import jwt
    from joserfc.jwk import KeySet

    token = line.form(TOKEN, GRANT, **by()).json["access_token"]
    keys = KeySet.import_key_set(line.send("GET", "/oauth/jwks").json)
    read = jwt.decode(token, keys, algorithms=["RS256"])
    claims = read.claims
    yield "" if read.header["typ"] == "at+jwt" and read.header.get("kid") else f"header {read.header}"
    wanted = {"iss", "sub", "aud", "client_id", "exp", "iat", "jti", "scope"}
    yield "" if wanted <= claims.keys() else f"claims {sorted(claims)}"
    yield "" if claims["exp"] - claims["iat"] == 3600 and claims["sub"] == claims["client_id"] == "etl" else f"{claims}"
    yield "" if line.send("GET", SERVER).json["issuer"] == claims["iss"] else "another issuer"
    payload = msgspec.json.encode({**claims, "scope": "users:admin", "sub": "root"})
    forged = ".".join([token.split(".")[0], _part(payload), token.split(".")[2]])
    yield "" if _use(line, forged).status == 401 else "a forged token is let in"


def a_sign_in_from_the_first_poll_to_the_last_token(line: Line) -> Iterator[str]:
    """RFC 8628, then refresh, reuse, revocation."""
    begun = line.form(DEVICE, CLI).json
    poll = {"grant_type": DEVICE_GRANT, "device_code": begun["device_code"], **CLI}
    yield _error(line.form(TOKEN, poll), "authorization_pending")
    yield _error(line.form(TOKEN, poll), "slow_down")
    form = {"user_code": begun["user_code"], "username": "ada", "password": PASSWORD, "decision": "allow"}
    yield "" if line.form("/device", form).status == 403 else "a form from nowhere is taken"
    yield "" if line.form("/device", form, origin="http://evil.test").status == 403 else "a foreign form is taken"
    yield "" if line.form("/device", form, sec_fetch_site="same-origin").status == 200 else "the page refuses"
    yield _error(
        line.form(TOKEN, {"grant_type": DEVICE_GRANT, "device_code": begun["device_code"]}, **by()), "invalid_grant"
    )
    pair = line.form(TOKEN, poll).json
    yield "" if pair.get("refresh_token") else f"no refresh token: {pair}"
    yield _error(line.form(TOKEN, poll), "invalid_grant")
    yield "" if _use(line, pair["access_token"]).status == 200 else "the token opens nothing"
    yield "" if _use(line, pair["refresh_token"]).status == 401 else "a refresh token opens something"
    second = line.form(TOKEN, {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"], **CLI}).json
    yield "" if second.get("refresh_token") not in {None, pair["refresh_token"]} else "not rotated"
    narrow = {"grant_type": "refresh_token", "refresh_token": second["refresh_token"], "scope": "jobs:read", **CLI}
    yield "" if line.form(TOKEN, narrow).json.get("scope") == "jobs:read" else "not narrowed"
    yield "" if line.form(REVOKE, CLI | {"token": second["refresh_token"]}).status == 200 else "cannot be revoked"
    yield _error(line.form(TOKEN, narrow), "invalid_grant")


def a_denied_sign_in(line: Line) -> Iterator[str]:
    """The person says no."""
    begun = line.form(DEVICE, CLI | {"scope": "jobs:read"}).json
    form = {"user_code": begun["user_code"], "username": "ada", "password": PASSWORD, "decision": "deny"}
    yield "" if line.form("/device", form, sec_fetch_site="same-origin").status == 200 else "the page refuses"
    yield _error(
        line.form(TOKEN, {"grant_type": DEVICE_GRANT, "device_code": begun["device_code"], **CLI}), "access_denied"
    )


def tokens_of_others(line: Line) -> Iterator[str]:
    """Another client neither sees nor ends a token."""
    token = line.form(TOKEN, GRANT, **by()).json["access_token"]
    yield "" if line.form(INTROSPECT, {"token": token}, **by("other")).json == {"active": False} else "another sees it"
    line.form(REVOKE, {"token": token}, **by("other"))
    yield "" if line.form(INTROSPECT, {"token": token}, **by()).json.get("active") else "another ended it"
    line.form(REVOKE, {"token": token, "token_type_hint": "refresh_token"}, **by())
    yield "" if line.form(INTROSPECT, {"token": token}, **by()).json == {"active": False} else "its owner cannot end it"


def challenges_of_the_api(line: Line) -> Iterator[str]:
    """RFC 6750: no error without credentials, invalid_token, insufficient_scope; all lead to the metadata."""
    none = line.send("GET", "/api/v1/jobs")
    said = none.headers.get("www-authenticate", "")
    yield "" if none.status == 401 and said.startswith('Bearer realm="runbell", resource_metadata="') else said
    yield "" if "error" not in said.replace("resource_metadata", "") else "an error for nobody"
    bad = _use(line, "eyJ.x.y")
    yield "" if bad.status == 401 and 'error="invalid_token"' in bad.headers["www-authenticate"] else f"{bad}"
    token = line.form(TOKEN, GRANT | {"scope": "jobs:read"}, **by()).json["access_token"]
    lacks = line.send("GET", "/api/v1/executions", authorization=f"Bearer {token}")
    said = lacks.headers.get("www-authenticate", "")
    yield "" if lacks.status == 403 and 'error="insufficient_scope", scope="executions:read"' in said else f"{lacks}"
    resource = line.send("GET", RESOURCE).json
    yield "" if line.send("GET", SERVER).json["issuer"] in resource["authorization_servers"] else f"{resource}"


def the_metadata_is_true(line: Line) -> Iterator[str]:
    """RFC 8414: every endpoint is there, and nothing is promised that is not."""
    known = line.send("GET", SERVER).json
    for name in ("token_endpoint", "revocation_endpoint", "introspection_endpoint", "device_authorization_endpoint"):
        path = "/" + known[name].split("/", 3)[3]
        yield "" if line.send("POST", path).status in {400, 401} else f"{name}: nothing there"
    page = line.send("GET", "/" + known["authorization_endpoint"].split("/", 3)[3])
    yield "" if page.status == 400 and page.body.startswith(b"<!doctype html>") else "authorization_endpoint: no page"
    for grant in known["grant_types_supported"]:
        told = line.form(TOKEN, {"grant_type": grant}, **by())
        yield "" if told.json.get("error") != "unsupported_grant_type" else f"{grant} is not supported"


STORIES: tuple[Callable[[Line], Iterator[str]], ...] = (
    a_token_in_the_shape_of_rfc_9068, a_sign_in_from_the_first_poll_to_the_last_token, a_denied_sign_in,
    tokens_of_others, challenges_of_the_api, the_metadata_is_true, what_a_client_may_ask, what_a_code_may_be_shown_with,
    a_code_that_comes_twice, what_is_granted,
)  # fmt: skip


def _use(line: Line, token: str) -> Told:
    return line.send("GET", "/api/v1/jobs", authorization=f"Bearer {token}")


def _error(told: Told, wanted: str) -> str:
    found: Any = told.json.get("error")
    return "" if (told.status, found) == (400, wanted) else f"{told.status} {told.json} instead of {wanted}"


def _part(payload: bytes) -> str:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(payload).decode().rstrip("=")


CHECK = Check(
    name="oauth", promise="S-10", says="the token endpoint and its neighbours answer every case as the standards say",
    run=run, unit="times", quick=1, normal=5, full=50,
    sabotages=("scopes-not-cut", "code-redeemed-twice", "verifier-not-compared", "code-of-another-client",
               "code-for-any-address", "codes-last-for-ever", "tokens-of-a-reused-code", "code-used-twice",
               "addresses-by-prefix", "plain-challenges", "client-without-limits"),
)  # fmt: skip
