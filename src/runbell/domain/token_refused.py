"""What an OAuth client hears when it gets no token (RFC 6749 §4.1.2.1 and §5.2, RFC 8628 §3.5), in every door."""

from typing import Final, Literal

from runbell.domain.fault import Fault

Error = Literal[
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
    "invalid_scope", "authorization_pending", "slow_down", "access_denied", "expired_token",
    "unsupported_response_type",
]  # fmt: skip

DENIALS: Final = frozenset(
    ("invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope", "access_denied", "expired_token")
)
"""Refusals of somebody, for the audit log; the others say how to ask, or when."""


class TokenRefused(Fault):
    """No token is given. Only routes with words of their own for it (`Refusals`) may raise it.

    `who` is the client or user that was claimed, for the audit log; `basic`: it came by HTTP Basic.
    """

    code = "token_refused"
    title = "No token is given"

    def __init__(self, error: Error, detail: str, *, who: str = "", basic: bool = False) -> None:
        super().__init__(detail, about={"error": error, "who": who[:100]})
        self.error = error
        self.is_denial = error in DENIALS
        self.basic = basic
