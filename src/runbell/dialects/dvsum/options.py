"""The options of the DvSum door."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class Options(Struct, frozen=True, kw_only=True):
    """Each is given as `RUNBELL_DVSUM_<NAME>`."""

    gateway: Literal["on_prem", "cloud"] = "on_prem"
    """What `gateway_type` says, unless a job says otherwise (`dialects: {dvsum: {gateway: cloud}}`)."""
    download_ttl: Annotated[int, Meta(ge=1, le=604_800)] = 3_600
    """Seconds that the key or URL of a download is good for; every look at the details gives new ones."""
    runjob: Literal["off", "key", "open"] = "off"
    """The older call `GET /runJob`: `key` asks for a key; `open` asks nobody, and runs jobs that say `runjob: open`."""
    runjob_timeout: Annotated[int, Meta(ge=1, le=86_400)] = 600
    """Seconds that `GET /runJob` waits for the end; the job goes on after that."""
