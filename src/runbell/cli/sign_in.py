"""What opens the server of a profile: its client or its sign-in, with tokens that outlive one command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import structs

from runbell.cli import profiles
from runbell.cli.profiles import Profile

if TYPE_CHECKING:
    from runbell.client import Kept, Passes

CLIENT_ID = "runbell-cli"
"""The public client that every server knows: people sign in with it."""


def passes_of(name: str) -> "Passes | None":
    """The passes of that profile; None when it has neither a client nor a sign-in."""
    from runbell.client import Passes

    profile = profiles.profile_named(name)
    if profile.client_id is None and profile.refresh_token is None and profile.access_token is None:
        return None
    keeping = _InProfile(name)
    return Passes(profile.client_id or CLIENT_ID, profile.client_secret, kept=_kept(profile), keeping=keeping)


class _InProfile:
    """Tokens in the file of profiles: the next command finds them, and two at once do not spend one refresh token."""

    def __init__(self, name: str) -> None:
        self._name = name

    @contextmanager
    def alone(self) -> "Iterator[Kept]":
        """What the file holds now; nobody else changes it meanwhile."""
        with profiles.locked():
            yield _kept(profiles.profile_named(self._name))

    def keep(self, kept: "Kept") -> None:
        """Write it down before it is used: a refresh token is good once."""
        known = profiles.load()
        profile = structs.replace(
            profiles.profile_named(self._name, known),
            access_token=kept.access_token, refresh_token=kept.refresh_token, expires_at=kept.expires_at,
        )  # fmt: skip
        profiles.save(structs.replace(known, profiles=known.profiles | {self._name: profile}))


def _kept(profile: Profile) -> "Kept":
    from runbell.client import Kept

    return Kept(
        access_token=profile.access_token, refresh_token=profile.refresh_token, expires_at=profile.expires_at or 0.0
    )
