"""The doors of a server: the native one, and those of the dialects that are switched on, all on one host."""

from collections.abc import Callable
from importlib import import_module

import msgspec
from msgspec import Struct, structs
from starlette.types import ASGIApp

from runbell.dialects import native
from runbell.domain.fault import Fault
from runbell.http.answer import Answer
from runbell.http.mounting import NATIVE, Host, Mounting, Opened
from runbell.http.site import Site
from runbell.http.terms import Terms
from runbell.operations.ports import Ports
from runbell.settings import Settings


class Doors(Struct, frozen=True):
    """All doors as one app. `refuse` words what never reached any of them; `hurry` ends all long waits."""

    app: ASGIApp
    refuse: Callable[[Fault, str, bytes], Answer]
    hurry: Callable[[], None]


def open_doors(ports: Ports, settings: Settings, site: Site, terms: Terms) -> Doors:
    """Open the doors that the settings name. Raises ValueError for a setting of a dialect that is not valid."""
    site = structs.replace(site, terms=terms)
    opened: dict[str, Opened] = {
        name: import_module(f"runbell.dialects.{name}").door(ports, settings.options.get(name, {}), site)
        for name in settings.doors
    }
    documents = {name: msgspec.json.encode(door.document) for name, door in opened.items()}
    native_door = native.door(
        ports,
        metrics_open=settings.metrics_open,
        postman_open=settings.postman_open,
        site=site,
        documents=documents,
        doors=[door.converse for door in opened.values() if door.converse is not None],
        file_bytes=settings.file_bytes,
    )

    for form in (native_door.format, *(door.format for door in opened.values())):
        if form is not None:
            ports.telling.formats[form.name] = form

    host = Host({name: door.paths for name, door in opened.items()})

    def hurry() -> None:
        native_door.hurry()
        for door in opened.values():
            door.hurry()

    def refuse(fault: Fault, method: str, raw_path: bytes) -> Answer:
        name, path = host.inside(raw_path)
        return (native_door if name == NATIVE else opened[name].app).refuse(fault, method, path)

    apps = {name: door.app for name, door in opened.items()}
    return Doors(Mounting(native_door.app, apps, host) if apps else native_door.app, refuse, hurry)
