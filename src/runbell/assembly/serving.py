"""One server from its first breath to its last: open everything, serve, drain, close in order."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import uvloop

from runbell.assembly.address import forget_address, keep_key, remember_address
from runbell.assembly.audit_keeping import keep_audit
from runbell.assembly.cron_lines import local_times
from runbell.assembly.data_keeping import open_artifacts
from runbell.assembly.descriptors import raise_descriptor_limit
from runbell.assembly.doors import open_doors
from runbell.assembly.event_keeping import keep_events
from runbell.assembly.file_keeping import keep_files
from runbell.assembly.jobs_folder import FolderLoader
from runbell.assembly.journal import configure_journal
from runbell.assembly.messages import couriers, telling
from runbell.assembly.system_clock import SystemClock
from runbell.assembly.vaulting import open_vault
from runbell.assembly.vocabulary import vocabulary
from runbell.engine import LocalEngine
from runbell.engine.bulk_worker import BulkWorker
from runbell.engine.courier import Courier
from runbell.engine.delivery_keeping import DeliveryKeeping
from runbell.engine.due_schedules import DueSchedules
from runbell.engine.retention import Retention
from runbell.http.server import CannotListen, Tls, listen
from runbell.http.server import serve as serve_http
from runbell.http.site import read_site
from runbell.http.terms import read_terms
from runbell.locks.passwords import Argon2Passwords
from runbell.locks.signer import RsaSigner
from runbell.operations.catalogue import Catalogue
from runbell.operations.identify import first_key
from runbell.operations.ports import Desk, Ports
from runbell.operations.rota import Rota
from runbell.operations.wait import Watchers
from runbell.runners.local import LocalRunner
from runbell.runners.processes import become_subreaper
from runbell.settings import Settings
from runbell.stores.sqlite import UnsafeGround, open_store

GARBAGE: Final = 10_000
log = logging.getLogger("runbell")


def serve(settings: Settings) -> int:
    """Run a server in the foreground until SIGTERM or Ctrl-C. Answers the exit code; 1 when it could not serve."""
    configure_journal()
    os.umask(0o077)
    if (problem := raise_descriptor_limit()) is not None:
        log.warning("few_files", extra={"why": problem})
    os.environ.setdefault("UV_USE_IO_URING", "0")  # libuv's polling kernel thread eats a core that the hands need
    become_subreaper()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_serve(settings))
    except (UnsafeGround, CannotListen, ValueError, FileNotFoundError) as refusal:
        print(f"runbell: {refusal}", file=sys.stderr)
        return 1


class _Departure:
    """Whether the server is to leave, and with which exit code."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.code = 0

    def ask(self) -> None:
        """Leave in good order."""
        self.asked.set()

    def because(self, defect: str) -> None:
        """Leave because the server cannot go on."""
        log.critical("cannot_go_on", extra={"why": defect})
        self.code = 1
        self.asked.set()

    async def unless_well(self, task: Awaitable[None], name: str) -> None:
        """Await a task that must never end by itself with an error: no task dies quietly."""
        try:
            await task
        except Exception as defect:
            log.exception("task_died", extra={"task": name})
            self.because(f"{name}: {defect}")


async def _serve(settings: Settings) -> int:
    departure = _Departure()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, departure.ask)
    if (tls := _tls(settings)) is not None:
        tls.check()
    with listen(settings.host, settings.port) as listener:
        async with _house(settings, departure) as (ports, runner, engine), couriers(ports, settings) as senders:
            await _serve_house(settings, departure, listener, ports, runner, engine, senders)
    return departure.code


@asynccontextmanager
async def _house(settings: Settings, departure: _Departure) -> AsyncIterator[tuple[Ports, LocalRunner, LocalEngine]]:
    """Open the rooms and join them; close them in the opposite order."""
    store = await open_store(settings.data, on_fatal=departure.because, queue_limit=settings.queue_limit)
    runner = LocalRunner(warm=settings.warm, egress=_egress(settings))
    try:
        vault = await open_vault(store, settings.data, settings.secret_key)
        runner.warm_up()
        clock, watchers, catalogue = SystemClock(), Watchers(), Catalogue(store)
        artifacts = open_artifacts(settings)
        worker = f"{socket.gethostname()}:{os.getpid()}"
        engine = LocalEngine(
            Desk(store, catalogue, clock, vault), runner, artifacts, watchers, slots=settings.slots, worker=worker
        )
        signer = RsaSigner(partial(store.secret, "signing key"))
        store.subscribe(watchers.notice)
        store.subscribe(engine.notice)
        ports = Ports(
            store, catalogue, clock, vault, engine, artifacts, watchers, signer, Argon2Passwords(), local_times,
            vocabulary(), rota=Rota(settings.schedules), telling=telling(settings),
        )  # fmt: skip
        yield ports, runner, engine
        await ports.uses.settle()
    finally:
        await runner.close()
        await store.close()


async def _serve_house(
    settings: Settings,
    departure: _Departure,
    listener: socket.socket,
    ports: Ports,
    runner: LocalRunner,
    engine: LocalEngine,
    senders: tuple[Courier, DeliveryKeeping],
) -> None:
    site = read_site(settings.hosts, settings.public_url, settings.proxies)
    terms = read_terms(settings.quota, settings.at_once, settings.cors_origins)
    key = await first_key(ports.store, ports.clock, settings.admin_key)
    if key is not None:
        keep_key(settings.data, key)
    loader = FolderLoader(ports, runner, settings.jobs) if settings.jobs is not None else None
    if loader is not None:
        await loader.load()
    door = open_doors(ports, settings, site, terms)
    tasks = [asyncio.create_task(departure.unless_well(engine.serve(), "engine"))]
    for caretaker in (Retention(ports), BulkWorker(ports), DueSchedules(ports), *senders):
        tasks.append(asyncio.create_task(departure.unless_well(caretaker.serve(), type(caretaker).__name__)))
    for name, asides in (("denials", ports.denials), ("readings", ports.readings)):
        keeping = asides.keep(ports.store, ports.clock.now)
        tasks.append(asyncio.create_task(departure.unless_well(keeping, name)))
    tasks.append(asyncio.create_task(departure.unless_well(keep_audit(ports, settings.audit_days), "audit log")))
    tasks.append(asyncio.create_task(departure.unless_well(keep_events(ports, settings.event_days), "event feed")))
    tasks.append(asyncio.create_task(departure.unless_well(keep_files(ports), "files")))
    if loader is not None and settings.reload:
        tasks.append(asyncio.create_task(departure.unless_well(loader.watch(), "jobs folder")))
    draining: list[asyncio.Task[None]] = []

    def leave() -> None:
        """Claim nothing more and end long waits, while the requests in flight are still answered."""
        log.info("draining", extra={"seconds": settings.drain})
        door.hurry()
        draining.append(asyncio.create_task(engine.drain(settings.drain if departure.code == 0 else 0)))

    try:
        _collect_seldom()
        await serve_http(
            door.app,
            listener,
            refuse=door.refuse,
            stop=departure.asked,
            on_listening=lambda: _announce(settings, listener, key),
            on_stopping=leave,
            drain_s=settings.drain,
            tls=_tls(settings),
        )
        await asyncio.gather(*draining)
    finally:
        forget_address(settings.data)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _tls(settings: Settings) -> Tls | None:
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    return Tls(settings.tls_certificate, settings.tls_key)


def _collect_seldom() -> None:
    """Look for cycles of garbage rarely, and never again in what the start has left: 7 % of a start."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 50)


def _announce(settings: Settings, listener: socket.socket, key: str | None) -> None:
    """Say where it listens, the first key (this once), and a call to try."""
    host, port = listener.getsockname()[:2]
    scheme = "http" if settings.tls_certificate is None else "https"
    url = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
    remember_address(settings.data, url)
    lines = [f"runbell is ready on {url}"]
    if key is not None:
        lines += [f"first admin key, shown this once: {key}", f"  (kept for this machine in {settings.data}/admin.key)"]
    token = "$RUNBELL_ADMIN_KEY" if settings.admin_key is not None else f"$(cat {settings.data}/admin.key)"
    lines.append(f'  curl -H "Authorization: Bearer {token}" {url}/api/v1/jobs')
    print("\n".join(lines), flush=True)


def _egress(settings: Settings) -> dict[str, Any]:
    """What http steps may reach."""
    ca = None if settings.egress_ca is None else str(settings.egress_ca.resolve())
    return {"allow": settings.egress_allow, "http": settings.egress_http, "ca": ca}
