"""What every operation is handed: the ports of this house, in one place."""

from dataclasses import dataclass, field

from runbell.domain.vocabulary import Vocabulary
from runbell.operations.asides import Asides
from runbell.operations.catalogue import Catalogue
from runbell.operations.guesses import Guesses
from runbell.operations.rota import Rota
from runbell.operations.telling import Telling
from runbell.operations.uses import Uses
from runbell.operations.wait import Watchers
from runbell.ports.artifacts import Artifacts
from runbell.ports.clock import Clock
from runbell.ports.cron import Cron
from runbell.ports.engine import Engine
from runbell.ports.passwords import Passwords
from runbell.ports.signer import Signer
from runbell.ports.store import Store
from runbell.ports.vault import Vault


@dataclass(frozen=True, slots=True)
class Desk:
    """What a decision needs: the table, the jobs that were read from it, the time, and what opens sealed values."""

    store: Store
    catalogue: Catalogue
    clock: Clock
    vault: Vault


@dataclass(frozen=True, slots=True)
class Ports(Desk):
    """Everything foreign that an operation may use."""

    engine: Engine
    artifacts: Artifacts
    watchers: Watchers
    signer: Signer
    passwords: Passwords
    cron: Cron
    vocabulary: Vocabulary = field(default_factory=dict)
    denials: Asides = field(default_factory=lambda: Asides("denials"))
    readings: Asides = field(default_factory=lambda: Asides("readings"))
    guesses: Guesses = field(default_factory=Guesses)
    uses: Uses = field(default_factory=Uses)
    rota: Rota = field(default_factory=Rota)
    telling: Telling = field(default_factory=Telling)
