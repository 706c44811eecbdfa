"""The scripts of a Postman collection: they hand the token and the execution on, wait for the end, and judge.

Values go in as JSON, so that no name can break out of a script.
"""

from string import Template
from typing import Any, Final

import msgspec

from runbell.http.conversation import USER_NAME, Call, Conversation

Event = dict[str, Any]

LEFT_OUT: Final = "left out, because no credentials were given that this API takes: "
_GIVEN: Final = """\
const given = ['apiKey', 'clientId', 'userName'].filter((name) => pm.variables.get(name));
const leftOut = given.length > 0 && !given.some((name) => $takes.includes(name));
"""
_BEFORE_TOKEN: Final = Template(
    _GIVEN
    + """\
const key = $takes.includes('apiKey') && pm.variables.get('apiKey');
pm.collectionVariables.set($variable, key ? $by_key.replace('{key}', key) : '');
if (leftOut) console.log($left_out);
if (key || leftOut) pm.execution.skipRequest();
"""
)
_TOKEN: Final = Template("""\
pm.test($says, () => {
  pm.expect(pm.response.code, pm.response.text().slice(0, 500)).to.be.oneOf($succeeds);
  const token = $at.reduce((value, name) => value && value[name], pm.response.json());
  pm.expect(token, pm.response.text().slice(0, 500)).to.be.a('string').that.is.not.empty;
  pm.collectionVariables.set($variable, $by_token.replace('{token}', token));
});
""")
_BEFORE_START: Final = Template(
    _GIVEN
    + """\
pm.collectionVariables.set('execution', '');
if (leftOut) pm.execution.skipRequest();
"""
)
_START: Final = Template("""\
pm.test($says, () => {
  pm.expect(pm.response.code, pm.response.text().slice(0, 500)).to.be.oneOf($succeeds);
  const execution = $at.reduce((value, name) => value && value[name], pm.response.json());
  pm.expect(execution, pm.response.text().slice(0, 500)).to.be.ok;
  pm.collectionVariables.set('execution', String(execution));
  pm.collectionVariables.set('lookUntil', String(Date.now() + 1000 * Number(pm.variables.get('patience'))));
});
""")
_IF_STARTED: Final = Template("if (!pm.collectionVariables.get('execution')) pm.execution.skipRequest();\n")
_LOOK: Final = Template("""\
let said = null;
pm.test($says, () => {
  pm.expect(pm.response.code, pm.response.text().slice(0, 500)).to.be.oneOf($succeeds);
  said = pm.response.json();
});
const at = (place) => place.reduce((value, name) => value && value[name], said);
const going = said !== null && !$ended.includes(at($ended_at));
if (going && Date.now() < Number(pm.collectionVariables.get('lookUntil'))) {
  setTimeout(() => {}, 1000 * Math.min(10, Number(pm.response.headers.get('Retry-After')) || 1));
  pm.execution.setNextRequest(pm.info.requestId);
} else {
  if (going) pm.collectionVariables.set('execution', '');
  pm.test($ends_well, () => {
    pm.expect(going, 'goes on after ' + pm.variables.get('patience') + ' s (the variable patience)').to.be.false;
    pm.expect(at($good_at), pm.response.text().slice(0, 500)).to.be.oneOf($good);
  });
}
""")
_ANSWERED: Final = Template("""\
pm.test($says, () => pm.expect(pm.response.code, pm.response.text().slice(0, 500)).to.be.oneOf($succeeds));
""")


def authorization(dialect: str) -> str:
    """The variable that holds what Authorization says at that door."""
    return f"{dialect}Authorization"


def of_token(talk: Conversation) -> list[Event]:
    """Before: with an API key no token is needed. After: keep the token."""
    takes = _takes(talk)
    said = {
        "variable": authorization(talk.dialect), "by_key": talk.by_key, "by_token": talk.by_token, "takes": takes,
        "left_out": f"{talk.title}: {LEFT_OUT}{', '.join(takes)}",
    }  # fmt: skip
    return _events(_BEFORE_TOKEN, _TOKEN, said | _of(talk.token, f"{talk.title}: a token", talk.token_at))


def of_start(talk: Conversation, job: str) -> list[Event]:
    """Before: forget the execution before. After: keep this one."""
    said = {"takes": _takes(talk)} | _of(talk.start, f"{talk.title}: {job} starts", talk.execution_at)
    return _events(_BEFORE_START, _START, said)


def of_look(talk: Conversation, job: str) -> list[Event]:
    """After: come again until it has ended, or patience is over; then it must have ended well."""
    said = {
        "ended": talk.ended.among, "ended_at": talk.ended.at, "good": talk.good.among, "good_at": talk.good.at,
        "ends_well": f"{talk.title}: {job} ends well",
    }  # fmt: skip
    return _events(_IF_STARTED, _LOOK, said | _of(talk.look, f"{talk.title}: {job} is seen"))


def of_output(talk: Conversation, job: str, call: Call) -> list[Event]:
    """After: it was there."""
    return _events(_IF_STARTED, _ANSWERED, _of(call, f"{talk.title}: {job}: {call.title}"))


def _takes(talk: Conversation) -> list[str]:
    """The variables, one of which this door needs."""
    by_token = "userName" if USER_NAME in talk.token.form.values() else "clientId"
    return [by_token] if talk.by_key is None else ["apiKey", by_token]


def _of(call: Call, says: str, at: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"says": says, "succeeds": call.succeeds, "at": at}


def _events(before: Template, after: Template, said: dict[str, Any]) -> list[Event]:
    values = {name: msgspec.json.encode(value).decode() for name, value in said.items()}
    return [_event("prerequest", before.substitute(values)), _event("test", after.substitute(values))]


def _event(listen: str, script: str) -> Event:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": script.splitlines()}}
