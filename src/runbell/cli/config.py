"""`runbell config`: profiles of servers, and where each setting comes from."""

import sys
from typing import Annotated, Final

from cyclopts import App, Parameter
from msgspec import Struct, structs

from runbell.cli import profiles
from runbell.cli.output import cell, note, put, put_table
from runbell.cli.profiles import HERE as HERE_PROFILE
from runbell.cli.profiles import Profile
from runbell.cli.reaching import HERE, Common
from runbell.cli.trouble import Refusal

config: Final = App(name="config", help="Profiles of servers, and where each setting comes from.")
Name = Annotated[str, Parameter(completer=lambda _: profiles.load().profiles)]


class ProfileLine(Struct, frozen=True):
    """A profile in the list: what it opens its server with, and never the secret."""

    name: str
    current: bool
    url: str | None
    project: str | None
    opened_with: str | None


class Setting(Struct, frozen=True):
    """A setting as the next command will use it, and where that came from."""

    name: str
    value: str | None
    source: str


@config.command
def use(profile: Name, /, *, common: Common = HERE) -> int:
    """Use a profile from now on; `here` is the server that serves from the current folder.

    Parameters
    ----------
    profile
        Its name.
    """
    with profiles.locked():
        known = profiles.load()
        one = profiles.profile_named(profile, known)
        profiles.save(structs.replace(known, current=profile))
    put(
        common.form, _line(profile, one, profile), lambda: print(f"{profile} is in use: {one.url or 'the server here'}")
    )
    return 0


@config.command(name="set")
def set_(
    profile: Name,
    /,
    *,
    client_id: str | None = None,
    ask: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    common: Common = HERE,
) -> int:
    """Make a profile, or change it: --url, --token, --project, --client-id. What is not given stays as it was.

    Parameters
    ----------
    profile
        Its name.
    client_id
        The id of an OAuth client; its secret is asked for.
    ask
        Ask for the API key, so that it stands in no history; a pipe may give it on stdin.
    """
    if profile == HERE_PROFILE:
        raise Refusal("`here` is the server of the current folder; choose another name.")
    if common.url is not None and not common.url.startswith(("http://", "https://")):
        raise Refusal(f"{common.url} is not an address; it begins with http:// or https://.")
    secret = asked(f"Secret of {client_id}: ") if client_id else None
    token = asked("API key: ") if ask else common.token
    with profiles.locked():
        known = profiles.load()
        before = known.profiles.get(profile, Profile())
        if before.url is None and common.url is None:
            raise Refusal(f"Where is {profile}?", then=f"Try: runbell config set {profile} --url https://HOST --ask")
        if common.url is not None and common.url != before.url:
            before = Profile(project=before.project)  # what opened the old server is not for the new one
        given = {"url": common.url, "project": common.project, "token": token}
        after = structs.replace(before, **{name: value for name, value in given.items() if value is not None})
        if client_id is not None:
            after = Profile(url=after.url, project=after.project, client_id=client_id, client_secret=secret)
        elif token is not None:
            after = Profile(url=after.url, project=after.project, token=token)
        profiles.save(structs.replace(known, profiles=known.profiles | {profile: after}))
    line = _line(profile, after, known.current)
    put(common.form, line, lambda: print(f"{profile} is kept. Use it: runbell config use {profile}"))
    return 0


@config.command
def rm(profile: Name, /, *, common: Common = HERE) -> int:
    """Forget a profile and what opened its server.

    Parameters
    ----------
    profile
        Its name.
    """
    with profiles.locked():
        known = profiles.load()
        gone = profiles.profile_named(profile, known)
        left = {name: one for name, one in known.profiles.items() if name != profile}
        current = HERE_PROFILE if known.current == profile else known.current
        profiles.save(profiles.Profiles(current, left))
    put(common.form, _line(profile, gone, ""), lambda: print(f"{profile} is forgotten; {current} is in use."))
    return 0


@config.command
def ls(*, common: Common = HERE) -> int:
    """List the profiles."""
    known = profiles.load()
    lines = [_line(name, one, known.current) for name, one in sorted(known.profiles.items())]

    def people() -> None:
        rows = (
            ("*" if one.current else "", cell(one.name), cell(one.url), cell(one.project), cell(one.opened_with))
            for one in lines
        )
        none = "No profiles. Try: runbell config set NAME --url https://HOST --ask"
        put_table(("", "NAME", "URL", "PROJECT", "OPENED WITH"), rows, none)

    put(common.form, lines, people)
    return 0


@config.command
def show(*, common: Common = HERE) -> int:
    """Show what the next command would use, and where each value comes from. Secrets are not shown."""
    place = common.place()
    named = profiles.profile_named(place.profile.value or HERE_PROFILE)
    opened = _opened_with(named) if place.token.value is None else "an API key"
    source = place.token.source if place.token.value else f"profile {place.profile.value}" if opened else ""
    settings = [
        Setting("profile", place.profile.value or HERE_PROFILE, place.profile.source),
        Setting("url", place.url.value, place.url.source),
        Setting("token", opened, source),
        Setting("project", place.project.value, place.project.source or "the key's own"),
        Setting("file", str(profiles.profiles_file()), "RUNBELL_CONFIG, XDG_CONFIG_HOME, ~/.config"),
    ]

    def people() -> None:
        put_table(("SETTING", "VALUE", "FROM"), ((one.name, cell(one.value), one.source) for one in settings), "")

    put(common.form, settings, people)
    return 0


def asked(question: str) -> str:
    """A secret, typed unseen at a terminal or piped into stdin. Raises Refusal when there is none."""
    if sys.stdin.isatty():
        from getpass import getpass

        said = getpass(question)
    else:
        said = sys.stdin.readline()
    if not said.strip():
        note(question)
        raise Refusal("Nothing was given; type the secret, or pipe it into this command.")
    return said.strip()


def _line(name: str, one: Profile, current: str) -> ProfileLine:
    return ProfileLine(name, name == current, one.url, one.project, _opened_with(one))


def _opened_with(one: Profile) -> str | None:
    if one.token:
        return "an API key"
    if one.refresh_token:
        return "a sign-in"
    return f"client {one.client_id}" if one.client_id else None
