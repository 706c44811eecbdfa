"""Who asks at the DvSum door: a bearer decides alone; otherwise `x-api-key` does, whatever `Authorization` says.

An earlier revision of the vendor's page sends `x-api-key` together with the literal `Authorization: default`.
"""

from typing import Final

from runbell.domain.faults import Unauthenticated
from runbell.http.request import Request

RUN_JOB: Final = "run_job"
_BEARER: Final = "bearer "


async def credentials(request: Request) -> tuple[str, bool]:
    """The token or key that was sent, and whether it may be a token. Raises Unauthenticated when there is none."""
    authorization = (request.header(b"authorization") or "").lstrip()
    if authorization[: len(_BEARER)].lower() == _BEARER:
        return authorization[len(_BEARER) :].strip(), True
    key = request.header(b"x-api-key")
    if not key and request.route.name == RUN_JOB:
        key = request.query.get("apiKey")
    if not key:
        raise Unauthenticated("Send `Authorization: Bearer` and an access token, or `x-api-key` and a key.")
    return key.strip(), False
