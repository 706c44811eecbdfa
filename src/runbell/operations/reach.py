"""How far a caller reaches by one right, over all projects: for lists that a dialect promises for a whole instance."""

from runbell.domain import grants
from runbell.domain.identity import EVERYWHERE
from runbell.domain.principals import Project
from runbell.operations.identify import Principal
from runbell.operations.ports import Ports
from runbell.ports.numbered_table import Reach

_AT_ONCE = 1_000


async def reach(ports: Ports, principal: Principal, scope: str) -> Reach:
    """The projects and jobs that the right `scope` reaches."""
    if principal.held.get(EVERYWHERE, {}).get(scope, frozenset()) is None:
        return Reach(None)
    if EVERYWHERE in principal.held:
        names = [project.name for project in await all_projects(ports)]
    else:
        names = sorted(principal.held)
    whole: list[str] = []
    single: list[tuple[str, str]] = []
    for name in names:
        jobs = (grants.within(principal.held, name) or {}).get(scope, frozenset())
        if jobs is None:
            whole.append(name)
        else:
            single += [(name, job) for job in sorted(jobs)]
    return Reach(tuple(whole), tuple(single))


async def visible_projects(ports: Ports, principal: Principal) -> list[Project]:
    """The projects in which somebody has a right, by number."""
    known = {project.name: project for project in await all_projects(ports)}
    return sorted((known[name] for name in principal.projects(known)), key=lambda project: project.number)


async def all_projects(ports: Ports) -> list[Project]:
    """Every project there is, by name."""
    found: list[Project] = []
    while True:
        more = await ports.store.projects(found[-1].name if found else "", _AT_ONCE)
        found += more
        if len(more) < _AT_ONCE:
            return found


async def project_numbered(ports: Ports, dialect: str, number: int) -> Project | None:
    """The project with that number in a dialect: the one that was given it, else the one that runbell numbered so."""
    assigned = await ports.store.project_by_id(dialect, str(number))
    if assigned is not None:
        return assigned
    known = await all_projects(ports)
    return next((one for one in known if one.number == number and dialect not in one.ids), None)
