"""Profiles: servers by name, with what opens each, in one file that only its owner can read."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from runbell.cli.trouble import Refusal

HERE: Final = "here"
"""The profile that is always there: the server that serves from this folder, or 127.0.0.1:7878."""


class Profile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One server, and what opens it: an API key, a client, or what a sign-in left. `expires_at` in epoch seconds."""

    url: str | None = None
    project: str | None = None
    token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    refresh_token: str | None = None
    access_token: str | None = None
    expires_at: float | None = None


class Profiles(Struct, frozen=True, omit_defaults=True):
    """All of them, and which one is in use."""

    current: str = HERE
    profiles: dict[str, Profile] = {}


def profiles_file() -> Path:
    """Where they are kept: RUNBELL_CONFIG, else below XDG_CONFIG_HOME, else below ~/.config."""
    named = os.environ.get("RUNBELL_CONFIG")
    if named:
        return Path(named)
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "runbell" / "config.json"


def load() -> Profiles:
    """The profiles of this person; none when there is no file. Raises Refusal for a file that cannot be read."""
    file = profiles_file()
    try:
        return msgspec.json.decode(file.read_bytes(), type=Profiles)
    except FileNotFoundError:
        return Profiles()
    except OSError as error:
        raise Refusal(f"{file} cannot be read: {error.strerror}.", then=f"Try: chmod 600 {file}") from None
    except msgspec.MsgspecError as error:
        raise Refusal(f"{file} holds no profiles ({error}).", then=f"Correct it, or begin anew: rm {file}") from None


def profile_named(name: str, known: Profiles | None = None) -> Profile:
    """The profile of that name; `here` is always there. Raises Refusal with the names that there are."""
    from runbell.domain.did_you_mean import did_you_mean

    known = known or load()
    if name in known.profiles:
        return known.profiles[name]
    if name == HERE:
        return Profile()
    hint = did_you_mean(name, known.profiles) or "."
    raise Refusal(f"There is no profile {name}{hint}", then="Try: runbell config ls")


def save(known: Profiles) -> None:
    """Write all of them at once, for their owner alone (mode 0600)."""
    file = profiles_file()
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
            written.write(msgspec.json.format(msgspec.json.encode(known), indent=2) + b"\n")
            written.flush()
            os.fsync(written.fileno())
        fresh.replace(file)
    except OSError as error:
        raise Refusal(f"{file} cannot be written: {error.strerror}.") from None


@contextmanager
def locked() -> Iterator[None]:
    """Inside, no other command changes the file: a refresh token that two use at once would end the sign-in."""
    file = profiles_file()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(file.with_name(file.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Refusal(f"{file.parent} cannot be written: {error.strerror}.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
