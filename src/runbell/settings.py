"""Settings of a server: what was given on the command line, else the environment (`RUNBELL_*`), else the default."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from runbell.domain.mail_address import LIKE, is_address
from runbell.egress.policy import read_policy

PREFIX: Final = "RUNBELL_"
DIALECTS: Final[tuple[str, ...]] = ("dvsum", "infolink", "adverity", "ocapi", "des")
"""Every dialect there is: the one line beside its folder under `dialects/`."""


class Settings(Struct, frozen=True, kw_only=True):
    """Each member can be given as an option of `runbell serve` or as `RUNBELL_<NAME>`."""

    host: str = "127.0.0.1"
    """The address to listen on. Anything but loopback is a decision: put TLS in front."""
    port: int = 7878
    """The port to listen on; 0 takes a free one."""
    data: Path = Path("runbell-data")
    """The folder for the database, logs and files. One server at a time."""
    jobs: Path | None = None
    """The folder of job files (*.yaml, *.json, *.py), loaded at start."""
    reload: bool = False
    """Read job files again when they change."""
    slots: int = 16
    """How many steps may run at once."""
    warm: int = 2
    """How many hands are kept ready while nothing runs."""
    drain: float = 30.0
    """Seconds that running executions get to end when the server is asked to leave."""
    queue_limit: int = 1_000_000
    """How many executions may wait, scheduled or queued, before starts are refused (`queue_full`); 0: no limit. The
    last tenth is for projects that have less than a tenth of it."""
    admin_key: str | None = None
    """Presets the first admin key: at least 20 visible characters without blanks. Environment only."""
    secret_key: str | None = None
    """The key that seals secrets, 32 bytes in base64, instead of `secret.key` in the data folder. Environment only."""
    metrics_open: bool = False
    """Serve /metrics without credentials."""
    postman_open: bool = False
    """Serve /postman.json without credentials: whoever reaches the server may then read which jobs there are."""
    event_days: int = 30
    """How many days an event of the feed is kept; a reader that was away for longer has missed some. 0: for ever."""
    audit_days: int = 365
    """How many days a line of the audit log is kept; the chain can be checked from the oldest that is. 0: for ever."""
    hosts: str = ""
    """The Host names to answer for, separated by commas; none: any. The host of public_url is always one of them."""
    public_url: str | None = None
    """What absolute URLs begin with, as in https://jobs.example.com; none: what the caller used."""
    proxies: str = ""
    """Addresses or networks of proxies whose X-Forwarded-* headers are believed, separated by commas."""
    quota: str = ""
    """How many requests a client may make in how many seconds, as in 600/60; a key or client may say otherwise."""
    at_once: int = 0
    """How many requests of one client may be under way at once, those that wait among them; 0: any number."""
    cors_origins: str = ""
    """Origins whose web pages may call the API, separated by commas; * is all. None: no page of another origin may."""

    tls_certificate: Path | None = None
    """A file with the certificate and its chain (PEM): the server then speaks HTTPS. With tls_key."""
    tls_key: Path | None = None
    """The file with the certificate's private key (PEM)."""

    egress_allow: str = ""
    """What is reached besides public addresses: networks, or hosts with or without a port (10.1.0.0/16,*.lan:8443)."""
    egress_http: bool = False
    """Speak plain http to the whole world, not only to what egress_allow names."""
    egress_ca: Path | None = None
    """A file of certificate authorities (PEM) to believe besides the usual ones."""

    mail_host: str | None = None
    """The mail server that mail for `notify` is handed to; none: no mail is sent."""
    mail_port: int = 587
    """The port of the mail server."""
    mail_security: Literal["starttls", "tls", "plain"] = "starttls"
    """How the mail server is spoken to: starttls, tls (mostly on port 465), or plain, for one on this machine."""
    mail_from: str | None = None
    """The address that mail comes from."""
    mail_user: str | None = None
    """Whom to sign in as at the mail server; none: without signing in."""
    mail_password: str | None = None
    """The password of mail_user. Environment only."""

    webhooks: int = 100
    """How many webhooks a project may have."""
    schedules: int = 1_000
    """How many schedules a project may have; those that are switched off count, too."""
    webhook_delays: str = ""
    """What a delivery waits before each attempt, in seconds, as in 0,5,300; none: ten attempts over 75 hours."""

    file_bytes: int = 1 << 30
    """How large a file for a `file` parameter may be."""
    data_store: str = "folder"
    """Where rows and files lie that steps leave: `folder` (in data), or s3://BUCKET/PREFIX (the extra `s3`)."""
    s3_endpoint: str | None = None
    """Where the object store is reached, as in http://127.0.0.1:8333; none: Amazon's."""
    s3_region: str | None = None
    """The region of the bucket; none: us-east-1."""
    s3_key_id: str | None = None
    """The access key of the object store; none: what AWS_* or the machine itself says. Environment only."""
    s3_secret: str | None = None
    """The secret that belongs to s3_key_id. Environment only."""
    dialects: str = ",".join(DIALECTS)
    """The vendor APIs to answer in, separated by commas; none: the native one alone."""
    options: dict[str, dict[str, str]] = {}

    @property
    def doors(self) -> tuple[str, ...]:
        """The dialects to open a door for."""
        return tuple(name.strip() for name in self.dialects.split(",") if name.strip())


def load_settings(environment: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """The settings of this server. Raises ValueError with a sentence naming the setting that is wrong."""
    found: dict[str, Any] = {}
    for name in Settings.__struct_fields__:
        if given.get(name) is not None:
            found[name] = given[name]
        elif (text := environment.get(PREFIX + name.upper())) is not None:
            found[name] = text
    found["options"] = {dialect: _options(dialect, environment) for dialect in DIALECTS}
    found = {name: str(value) if isinstance(value, Path) else value for name, value in found.items()}
    try:
        settings = msgspec.convert(found, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        from runbell.http.wrong_member import wrong_member

        (wrong,) = wrong_member(Settings, str(error)).problems
        name = wrong.pointer.removeprefix("/")
        raise ValueError(f"{name} is not valid: {wrong.detail} It is {found.get(name)!r}.") from error
    if not 1 <= settings.slots <= 1_000:
        raise ValueError(f"slots must be between 1 and 1000, not {settings.slots}.")
    if settings.queue_limit < 0:
        raise ValueError(f"queue_limit must be 0 (no limit) or more, not {settings.queue_limit}.")
    if not 0 <= settings.port <= 65_535:
        raise ValueError(f"port must be between 0 and 65535, not {settings.port}.")
    if not 0 <= settings.event_days <= 36_500:
        raise ValueError(f"event_days must be between 0 and 36500, not {settings.event_days}.")
    if not 0 <= settings.audit_days <= 36_500:
        raise ValueError(f"audit_days must be between 0 and 36500, not {settings.audit_days}.")
    _check_mail(settings)
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise ValueError("tls_certificate and tls_key go together; give both, or neither.")
    read_policy(settings.egress_allow)
    if not 1 <= settings.webhooks <= 100_000:
        raise ValueError(f"webhooks must be between 1 and 100000, not {settings.webhooks}.")
    if not 1 <= settings.schedules <= 100_000:
        raise ValueError(f"schedules must be between 1 and 100000, not {settings.schedules}.")
    read_delays(settings.webhook_delays)
    if settings.egress_ca is not None and not settings.egress_ca.is_file():
        raise ValueError(f"egress_ca names no file: {settings.egress_ca}.")
    for name in settings.doors:
        if name not in DIALECTS:
            raise ValueError(f"There is no dialect {name!r}; dialects may name {', '.join(DIALECTS) or 'none'}.")
    return settings


def _check_mail(settings: Settings) -> None:
    if settings.mail_host is None:
        return
    if settings.mail_from is None or not is_address(settings.mail_from) or not settings.mail_from.isascii():
        raise ValueError(f"mail_host needs mail_from, {LIKE}, in ASCII.")
    if not 1 <= settings.mail_port <= 65_535:
        raise ValueError(f"mail_port must be between 1 and 65535, not {settings.mail_port}.")
    if (settings.mail_user is None) != (settings.mail_password is None):
        raise ValueError("mail_user and mail_password go together; give both, or neither.")
    if not f"{settings.mail_user}{settings.mail_password}".isascii():
        raise ValueError("mail_user and mail_password must be ASCII, as signing in at a mail server is.")
    here = settings.mail_host in ("localhost", "127.0.0.1", "::1")
    if settings.mail_security == "plain" and settings.mail_password is not None and not here:
        raise ValueError("mail_security plain would send mail_password unencrypted over the network; use starttls.")


def read_delays(text: str) -> tuple[int, ...]:
    """The delays before the attempts of a delivery, in milliseconds; none for the usual ones. Raises ValueError."""
    if not text.strip():
        return ()
    try:
        seconds = [float(part) for part in text.split(",")]
    except ValueError:
        seconds = [-1]
    if len(seconds) > 100 or not all(0 <= one <= 30 * 86_400 for one in seconds):
        raise ValueError("webhook_delays must be up to 100 numbers of seconds, separated by commas, as in 0,5,300.")
    return tuple(round(one * 1_000) for one in seconds)


def _options(dialect: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What the environment says to one dialect's door: RUNBELL_<DIALECT>_<OPTION>."""
    prefix = f"{PREFIX}{dialect.upper()}_"
    return {name.removeprefix(prefix).lower(): text for name, text in environment.items() if name.startswith(prefix)}


def _decode(wanted: type, value: Any) -> Any:
    return Path(value) if wanted is Path else value
