"""Sign-ins that are still good: look at them, and end one."""

from runbell.domain.faults import NotFound
from runbell.domain.identity import Actor
from runbell.domain.principals import Token
from runbell.operations.ports import Ports
from runbell.ports.identity_table import Revoke


async def page(ports: Ports, subject: str | None, after: str, limit: int) -> list[Token]:
    """Up to `limit` sign-ins by id, those after the id `after`; of one subject, or of everybody."""
    return await ports.store.sessions(subject, after, limit)


async def end(ports: Ports, actor: Actor, session: str) -> None:
    """End a sign-in with all its tokens. Raises NotFound."""
    audit = actor.did("sessions.end", session[:100], ports.clock.now())
    if not session or not await ports.store.revoke(Revoke(session=session, audit=audit)):
        raise NotFound(f"There is no session {session[:100]}; list the sessions to see those there are.")
