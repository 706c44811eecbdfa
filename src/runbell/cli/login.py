"""`runbell login` and `runbell logout`: a sign-in, kept in a profile."""

import os
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from msgspec import Struct, structs

from runbell.cli import profiles
from runbell.cli.config import asked
from runbell.cli.output import note, put
from runbell.cli.profiles import HERE as HERE_PROFILE
from runbell.cli.profiles import Profile
from runbell.cli.reaching import HERE, PROGRAM, Common, address
from runbell.cli.trouble import NOT_ALLOWED, Refusal

if TYPE_CHECKING:
    from runbell.client import Kept


class SignedIn(Struct, frozen=True):
    """Where the sign-in is kept, and for which server it is good."""

    profile: str
    url: str
    client_id: str


def login(
    profile: Annotated[str | None, Parameter(show_default=False)] = None,
    /,
    *,
    client_id: str | None = None,
    client_secret: str | None = None,
    scope: str | None = None,
    browser: Annotated[bool, Parameter(negative="")] = False,
    common: Common = HERE,
) -> int:
    """Sign in, and keep the sign-in in a profile, which is in use from then on.

    Without options a person signs in: this prints an address and a code, and waits until it is allowed there, in any
    browser. With --browser it is the browser of this machine, and there is no code to compare. With --client-id a
    program signs in, with the secret of RUNBELL_CLIENT_SECRET, from stdin, or asked for.

    Parameters
    ----------
    profile
        Under which name to keep it. Default: the profile in use, else `default`.
    client_id
        The OAuth client to sign in as.
    client_secret
        Its secret; better leave it out, so that it stands in no history.
    scope
        Ask for these rights only, separated by blanks.
    browser
        Open the browser of this machine, and have the answer sent back to here.
    """
    place = common.place()
    url = address(place)
    name = profile or next((one for one in (place.profile.value,) if one != HERE_PROFILE and one), "default")
    if name == HERE_PROFILE:
        raise Refusal("`here` is the server of the current folder; choose another name.")
    if browser and client_id is not None:
        raise Refusal("--browser signs a person in, --client-id a program; use one of them.")
    client_id = client_id or os.environ.get("RUNBELL_CLIENT_ID")
    if client_id is not None and not browser:
        secret = client_secret or os.environ.get("RUNBELL_CLIENT_SECRET") or asked(f"Secret of {client_id}: ")
        _try_client(url, client_id, secret)
        kept = Profile(url=url, project=common.project, client_id=client_id, client_secret=secret)
    else:
        tokens = _by_browser(url, scope) if browser else _by_device(url, scope)
        kept = Profile(
            url=url, project=common.project, refresh_token=tokens.refresh_token,
            access_token=tokens.access_token, expires_at=tokens.expires_at,
        )  # fmt: skip
    with profiles.locked():
        known = profiles.load()
        profiles.save(structs.replace(known, current=name, profiles=known.profiles | {name: kept}))
    done = SignedIn(name, url, (None if browser else client_id) or "runbell-cli")
    put(common.form, done, lambda: print(f"Signed in to {url}; profile {name} is in use. Try: runbell whoami"))
    return 0


def logout(profile: Annotated[str | None, Parameter(show_default=False)] = None, /, *, common: Common = HERE) -> int:
    """End the sign-in of a profile, on the server too, and forget what opened it.

    Parameters
    ----------
    profile
        Its name. Default: the one in use.
    """
    from runbell.client import Client, RunbellError

    name = profile or common.profile or os.environ.get("RUNBELL_PROFILE") or profiles.load().current
    if name == HERE_PROFILE:
        raise Refusal("No profile is in use, so there is no sign-in to end.", then="Try: runbell config ls")
    one = profiles.profile_named(name)
    token = one.refresh_token or (one.access_token if one.client_id is None else None)
    if token is not None and one.url is not None:
        try:
            with Client(one.url, program=PROGRAM, patience=0) as client:
                client.sign_out(token)
        except RunbellError as error:
            note(f"The server could not be told ({error}); its side of the sign-in ends by itself.")
    with profiles.locked():
        known = profiles.load()
        left = Profile(url=one.url, project=one.project)
        profiles.save(structs.replace(known, profiles=known.profiles | {name: left}))
    done = SignedIn(name, one.url or "", one.client_id or "runbell-cli")
    put(common.form, done, lambda: print(f"Signed out of {one.url}. Sign in again: runbell login {name}"))
    return 0


def _by_device(url: str, scope: str | None) -> "Kept":
    from runbell.client import Client, ProblemError

    with Client(url, program=PROGRAM) as client:
        begun = client.begin_sign_in(scope=scope)
        note(f"Open {begun.verification_uri} and type the code {begun.user_code}")
        if begun.verification_uri_complete:
            note(f"or open {begun.verification_uri_complete}")
        note("Waiting until it is allowed there …")
        try:
            return client.finish_sign_in(begun)
        except ProblemError as refused:
            raise Refusal(str(refused), then="Try: runbell login", code=NOT_ALLOWED) from None


def _by_browser(url: str, scope: str | None) -> "Kept":
    from runbell.cli.sent_back import PATH, listening, show_to_a_person
    from runbell.client import Client, ProblemError

    with Client(url, program=PROGRAM) as client, listening() as sent_back:
        begun = client.begin_browser_sign_in(f"{sent_back.url}{PATH}", scope=scope)
        note(f"Open {begun.url}")
        show_to_a_person(begun.url)
        note("Waiting until it is allowed there, on this machine …")
        answer = sent_back.answer(begun.state)
        if answer is None:
            raise Refusal("Nobody allowed it within ten minutes.", then="Try: runbell login", code=NOT_ALLOWED)
        try:
            return client.finish_browser_sign_in(begun, answer)
        except ProblemError as refused:
            raise Refusal(str(refused), then="Try: runbell login --browser", code=NOT_ALLOWED) from None


def _try_client(url: str, client_id: str, secret: str) -> None:
    """A wrong secret is told now, not by the next command."""
    from runbell.client import Client

    with Client(url, client_id=client_id, client_secret=secret, program=PROGRAM) as client:
        client.token()
