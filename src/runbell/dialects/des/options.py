"""The settings of this door: RUNBELL_DES_ and the name of a member."""

from typing import Literal

from msgspec import Struct


class Options(Struct, frozen=True, kw_only=True):
    """What an administrator may say to this door."""

    check_svc: bool = True
    """Refuse a token whose claim `svc` names another address than the one it is used on."""
    strict_http: bool = False
    """Say 404 for jobs, runs and files that are not there; DES itself says 400."""
    unknown_parameters: Literal["reject", "ignore"] = "reject"
    """What becomes of parameters that the job does not declare."""
