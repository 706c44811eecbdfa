"""What is right: for each documented success that needs more than an example of a body, a request that earns it.

Tales of one surface each. A tale yields requests and is sent the answers, for what it asks next depends on them.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Generator
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from verify.documents import NATIVE
from verify.furnished import PERSON, SERVICE, Furnished
from verify.principals import PASSWORD
from verify.raw import FORM, Told

WAITED = "?wait=20"
NOBODY = ""


class Truth(NamedTuple):
    """A request, as the documented operation of a surface has it."""

    surface: str
    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody writes into it

    @property
    def bare(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]


Tale = Generator[Truth, Told, None]


UNSEEN: dict[str, str] = {}
"""Documented successes that nothing can earn, and why."""


def said(surface: str, method: str, path: str, body: Any, **headers: str) -> Truth:
    """With a JSON body."""
    return Truth(surface, method, path, msgspec.json.encode(body), {"content-type": "application/json", **headers})


def form(surface: str, path: str, **fields: str) -> Truth:
    """POST a form: as a client with its secret in HTTP Basic where `by` is given, else without credentials."""
    by = fields.pop("by", NOBODY)
    return Truth(surface, "POST", path, urlencode(fields).encode(), {"content-type": FORM, "authorization": by})


def _id(told: Told, member: str = "id") -> str:
    return str(told.json.get(member, "x"))


def native(things: Furnished) -> Tale:
    """What runbell's own API does with executions."""
    api = "/api/v1"
    job = {"steps": [{"name": "a", "command": ["true"]}]}
    yield said(NATIVE, "PUT", f"{api}/jobs/quite-new", job)
    yield said(NATIVE, "PUT", f"{api}/jobs/quite-new", job)
    plan = {"cron": "0 3 * * *", "timezone": "UTC"}
    yield said(NATIVE, "PUT", f"{api}/jobs/quite-new/schedule", plan)
    yield Truth(NATIVE, "DELETE", f"{api}/jobs/quite-new/schedule")
    yield said(NATIVE, "POST", f"{api}/keys", {"name": "spare", "scopes": ["jobs:read"]})
    told = f"{api}/executions/{things.execution('tell')}"
    yield Truth(NATIVE, "GET", f"{told}/result")
    yield Truth(NATIVE, "GET", f"{told}/logs/raw", headers={"range": "bytes=0-0"})
    for stream in ("events", "logs"):
        yield Truth(NATIVE, "GET", f"{told}/{stream}", headers={"accept": "text/event-stream", "last-event-id": "end"})
    for waited in ("", WAITED):
        failed = f"{api}/executions/{things.execution('fail')}"
        yield said(NATIVE, "POST", f"{failed}/restart{waited}", {})
    held = f"{api}/executions/{things.execution('hold', wait=False)}"
    yield Truth(NATIVE, "POST", f"{held}/stop")
    yield Truth(NATIVE, "GET", f"{held}/stop")
    yield Truth(NATIVE, "GET", f"{held}/stop{WAITED}")
    chosen = {"action": "rerun", "filter": {"job": "tell"}}
    yield said(NATIVE, "POST", f"{api}/executions:bulk", chosen | {"dry_run": True})
    bulk = yield said(NATIVE, "POST", f"{api}/executions:bulk", chosen)
    yield Truth(NATIVE, "GET", f"{api}/bulk/{_id(bulk)}")
    yield Truth(NATIVE, "POST", f"{api}/bulk/{_id(bulk)}:cancel")
    yield Truth(NATIVE, "GET", "/openapi/des.json")
    yield Truth(NATIVE, "GET", "/postman/tell.json")


def leavings(things: Furnished) -> Tale:
    """What an execution left: rows, exception records, a file; each as it is, and by a link that needs nothing more."""
    left = f"/api/v1/executions/{things.execution('leaves')}"
    for path in ("/results/rows", "/exceptions/odd", "/artifacts/rows.csv"):
        yield Truth(NATIVE, "GET", left + path)
        yield Truth(NATIVE, "GET", f"{left}{path}/download?redirect=true")
        link = yield Truth(NATIVE, "GET", f"{left}{path}/download")
        _, _, _, fetched = _id(link, "download_url").split("/", 3)
        yield Truth(NATIVE, "GET", f"/{fetched}")
        if path == "/artifacts/rows.csv":
            for whole in (f"{left}{path}", f"/{fetched}"):
                yield Truth(NATIVE, "GET", whole, headers={"range": "bytes=0-0"})


def signing_in(things: Furnished) -> Tale:
    """Tokens of the native surface, and the sign-in with a code."""
    by = things.basic()
    token = yield form(NATIVE, "/oauth/token", grant_type="client_credentials", by=by)
    yield form(NATIVE, "/oauth/introspect", token=_id(token, "access_token"), by=by)
    yield form(NATIVE, "/oauth/revoke", token=_id(token, "access_token"), by=by)
    begun = yield form(NATIVE, "/oauth/device", client_id="runbell-cli")
    allowed = form(
        NATIVE, "/device", user_code=_id(begun, "user_code"), username=PERSON, password=PASSWORD, decision="allow"
    )
    yield allowed._replace(headers=allowed.headers | {"sec-fetch-site": "same-origin"})
    yield form(
        NATIVE, "/oauth/token", grant_type="urn:ietf:params:oauth:grant-type:device_code", client_id="runbell-cli",
        device_code=_id(begun, "device_code"),
    )  # fmt: skip
    asked = {
        "client_id": "runbell-cli", "redirect_uri": "http://127.0.0.1:9/callback", "response_type": "code",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
    }  # fmt: skip
    for seen in (asked, asked | {"code_challenge": ""}):
        yield Truth(NATIVE, "GET", f"/oauth/authorize?{urlencode(seen)}")
    decided = form(NATIVE, "/oauth/authorize", **asked, username=PERSON, password=PASSWORD, decision="allow")
    sent = yield decided._replace(headers=decided.headers | {"sec-fetch-site": "same-origin"})
    yield form(
        NATIVE, "/oauth/token", grant_type="authorization_code", client_id="runbell-cli",
        redirect_uri=asked["redirect_uri"], code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        code=dict(parse_qsl(urlsplit(sent.headers.get("location", "")).query)).get("code", ""),
    )  # fmt: skip
    sessions = yield Truth(NATIVE, "GET", "/api/v1/sessions")
    for session in sessions.json.get("items", ())[:1]:
        yield Truth(NATIVE, "DELETE", f"/api/v1/sessions/{session['id']}")
    client = f"/api/v1/clients/{things.account()[0]}"
    secret = yield said(NATIVE, "POST", f"{client}/secrets", {})
    yield Truth(NATIVE, "DELETE", f"{client}/secrets/{_id(secret)}")


def dvsum(things: Furnished) -> Tale:
    """A token, a run, a look at it."""
    yield form("dvsum", "/oauth2/token", grant_type="client_credentials", by=things.basic())
    yield Truth("dvsum", "POST", f"/integration/jobs/{things.number('tell')}/execute")
    details = yield Truth("dvsum", "GET", f"/integration/jobs/{things.execution('leaves', by='number')}/details")
    link = details.json.get("download") or {}
    where = "/" + str(link.get("download_url", "")).split("/", 3)[-1]
    yield Truth("dvsum", "GET", where, headers={"x-api-key": str(link.get("x-api-key", ""))})


def infolink(things: Furnished) -> Tale:
    """A token; what else there is needs no more than examples."""
    yield form("infolink", "/api/v1/oauth2/token", grant_type="client_credentials", by=things.basic())


def adverity(things: Furnished) -> Tale:
    """A key for a password, datastreams, a fetch, and its stop."""
    stream = things.number("hold")
    yield form("adverity", "/api/auth/token", username=PERSON, password=PASSWORD)
    for path in (f"datastreams/{stream}", f"datastreams/{stream}/jobs", f"columns?datastream_id={stream}"):
        yield Truth("adverity", "GET", f"/api/{path}")
    extracts = yield Truth("adverity", "GET", "/api/extracts")
    for extract in extracts.json.get("results", ())[:1]:
        for path in ("", "/download"):
            yield Truth("adverity", "GET", f"/api/extracts/{extract['id']}{path}")
    stacks = yield Truth("adverity", "GET", "/api/stacks")
    for stack in stacks.json.get("results", ())[:1]:
        yield Truth("adverity", "GET", f"/api/stacks/{stack['id']}")
    month = {"start": "2026-01-01", "end": "2026-01-31"}
    fetched = yield said("adverity", "POST", f"/api/datastreams/{stream}/fetch_fixed", month)
    for job in fetched.json.get("jobs", ())[:1]:
        for path in (f"/api/jobs/{job['id']}", f"/api/jobs/{job['id']}/imported"):
            yield Truth("adverity", "GET", path)
        yield Truth("adverity", "POST", f"/api/jobs/{job['id']}/stop")


def ocapi(things: Furnished) -> Tale:
    """Tokens of a client and of a person, a run, its restart, its log, its end."""
    name, secret = things.account()
    person = "Basic " + b64encode(f"{PERSON}:{PASSWORD}:{secret}".encode()).decode()
    yield form("ocapi", "/dw/oauth2/access_token", grant_type="client_credentials", by=things.basic())
    manager = "urn:demandware:params:oauth:grant-type:client-id:dwsid:dwsecuretoken"
    where = f"/dwsso/oauth2/access_token?client_id={quote(name)}"
    yield form("ocapi", where, grant_type=manager, by=person)
    runs = "/dw/data/v17_4/jobs/tell/executions"
    begun = yield said("ocapi", "POST", runs, {"parameters": []})
    things.number("sfcc-site-archive")
    yield said("ocapi", "POST", "/dw/data/v17_4/jobs/sfcc-site-archive/executions", {})
    number = _id(begun)
    things.ended(number)
    yield Truth("ocapi", "GET", runs)
    found = yield Truth("ocapi", "GET", f"{runs}/{number}")
    log = _id(found, "log_file_path").rpartition("/")[2]
    dav = "/on/demandware.servlet/webdav/Sites"
    for path in (f"{dav}/Impex/log/{log}", f"{dav}/LOGS/jobs/tell/{log}"):
        yield Truth("ocapi", "GET", path)
        yield Truth("ocapi", "GET", path, headers={"range": "bytes=0-0"})
    yield said("ocapi", "POST", "/dw/data/v17_4/job_execution_search", {"query": {"match_all_query": {}}})
    yield Truth("ocapi", "DELETE", f"{runs}/{number}")


def des(things: Furnished) -> Tale:
    """A token, which alone opens what else there is: the jobs, a run, how it stands, its files."""
    token = yield form(
        "des",
        "/authorisation/token",
        grant_type="client_credentials",
        scope="des",
        org_id="default",
        by=things.basic(SERVICE),
    )
    things.tokens["des"] = _id(token, "access_token")
    jobs = yield said("des", "POST", "/api/v1/queryjobs", {})
    yield Truth("des", "GET", "/api/v1/queryjobs")
    for job in [known for known in jobs.json.get("jobs", ()) if known.get("name") == "tell"][:1]:
        begun = yield said("des", "POST", "/api/v1/startjob", {"jobId": job["jobId"], "parameters": {}})
        things.settle("tell")
        run = {"jobRunId": _id(begun, "jobRunId")}
        for word in ("queryrunstatus", "queryjobrunstatus"):
            yield said("des", "POST", f"/api/v1/{word}", run)
        files = yield said("des", "POST", "/api/v1/getrunfiles", run)
        for link in re.findall(r"/api/v1/runfiles/[^\"\\\\]+", files.body.decode())[:1]:
            yield Truth("des", "GET", link)


TALES: Final[tuple[tuple[str, Callable[[Furnished], Tale]], ...]] = (
    (NATIVE, native), (NATIVE, leavings), (NATIVE, signing_in), ("dvsum", dvsum), ("infolink", infolink),
    ("adverity", adverity), ("ocapi", ocapi), ("des", des),
)  # fmt: skip
"""All of them, with the surface of each."""
