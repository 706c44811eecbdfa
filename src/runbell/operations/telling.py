"""What decides whom this house may tell of things, and how: addresses, forms of bodies, keys, and how many webhooks."""

from collections.abc import Callable
from dataclasses import dataclass, field

from runbell.domain.faults import InvalidField
from runbell.egress.policy import Policy
from runbell.ports.notifier import Format


def _no_public_key(secret: str) -> str:  # noqa: ARG001 - the port's
    raise InvalidField("This server signs by v1 only; leave `signature` out, or give v1.")


@dataclass(frozen=True, slots=True)
class Telling:
    """`formats` are filled by the doors when they open. `public_key`: what verifies the signatures of a secret."""

    policy: Policy = Policy()  # noqa: RUF009 - frozen
    most: int = 100
    public_key: Callable[[str], str] = _no_public_key
    formats: dict[str, Format] = field(default_factory=dict)
