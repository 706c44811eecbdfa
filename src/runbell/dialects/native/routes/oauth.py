"""The routes of OAuth: open, because each of them checks the client, the person or the code itself."""

from typing import Any, Final

from msgspec import Struct

from runbell.dialects.native import authorize_page, device_page, oauth
from runbell.dialects.native.oauth import DeviceShape, IntrospectionShape, ResourceShape, ServerShape
from runbell.dialects.native.oauth_wire import TokenShape, refusals
from runbell.dialects.native.page import HTML, REFUSALS
from runbell.dialects.native.routes.said import TEXT
from runbell.http.form import FORM
from runbell.http.route import JSON, Query, Reply, Route

_NOT_KEPT: Final = ("Cache-Control", "Pragma")
_TOKEN_WORDS: Final = (
    "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "authorization_pending",
    "slow_down", "access_denied", "expired_token",
)  # fmt: skip


_ASKED: Final = {
    "response_type": "`code`.", "client_id": "Which client asks.",
    "redirect_uri": "Where to send the person back to: one that is registered; the port of a loopback address is free.",
    "scope": "Which rights, by blanks; all that the client may have when absent.", "state": "Comes back as it is.",
    "code_challenge": "The SHA-256 of a verifier that the token endpoint will be shown, in base64url (RFC 7636).",
    "code_challenge_method": "`S256`.", "response_mode": "`query`, when there is any.",
}  # fmt: skip


class TokenForm(Struct, kw_only=True):
    """A request for a token. The client's credentials come by HTTP Basic, or here."""

    grant_type: str
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""
    refresh_token: str = ""
    device_code: str = ""
    code: str = ""
    redirect_uri: str = ""
    code_verifier: str = ""


class OfTokenForm(Struct, kw_only=True):
    """A token, and the client's credentials unless they come by HTTP Basic."""

    token: str
    token_type_hint: str = ""
    client_id: str = ""
    client_secret: str = ""


class DeviceForm(Struct, kw_only=True):
    """Who asks for a sign-in, and for what."""

    client_id: str = ""
    client_secret: str = ""
    scope: str = ""


class DecisionForm(Struct, kw_only=True):
    """A person's decision."""

    user_code: str
    username: str
    password: str
    decision: str


def of_oauth() -> list[Route]:
    form: dict[str, Any] = {"open": True, "body_media": FORM, "body_required": True}
    page: dict[str, Any] = {"open": True, "path": "/device", "refusals": REFUSALS}
    asking: dict[str, Any] = {"open": True, "path": "/oauth/authorize", "refusals": REFUSALS}
    html, sent = Reply("A page.", {HTML: str}), Reply("Back to the client, with its answer.", {}, ("Location",))
    return [
        Route(method="POST", path="/oauth/token", endpoint=oauth.token, name="token", **form, body=TokenForm,
              summary="Get a token (RFC 6749, 8628)", refusals=refusals(*_TOKEN_WORDS),
              replies={200: Reply("A token.", {JSON: TokenShape}, _NOT_KEPT)}),
        Route(method="POST", path="/oauth/revoke", endpoint=oauth.revoke, name="revoke_token", **form, body=OfTokenForm,
              summary="End a token (RFC 7009)", refusals=refusals(),
              replies={200: Reply("It is over, or never was.", {}, _NOT_KEPT)}),
        Route(method="POST", path="/oauth/introspect", endpoint=oauth.introspect, name="introspect_token", **form,
              body=OfTokenForm, summary="What a token opens (RFC 7662)", refusals=refusals(),
              replies={200: Reply("What it opens.", {JSON: IntrospectionShape}, _NOT_KEPT)}),
        Route(method="POST", path="/oauth/device", endpoint=oauth.device, name="begin_device", **form, body=DeviceForm,
              summary="Begin a sign-in without a browser (RFC 8628)", refusals=refusals("invalid_scope"),
              replies={200: Reply("The codes.", {JSON: DeviceShape}, _NOT_KEPT)}),
        Route(method="GET", name="device_page", endpoint=device_page.show, summary="Where a person lets a device in",
              query=(Query("user_code", TEXT, "The code that the device shows.", blank=True),), replies={200: html},
              **page),
        Route(method="POST", name="decide_device", endpoint=device_page.decide, summary="Allow or deny a device",
              body=DecisionForm, body_media=FORM, body_json=False, body_required=True, replies={200: html}, **page),
        Route(method="GET", name="authorize_page", endpoint=authorize_page.show, foreign=True,
              summary="Where a client sends a person (RFC 6749 §4.1, RFC 7636)",
              query=tuple(Query(name, TEXT, said, blank=True) for name, said in _ASKED.items()),
              replies={200: html, 303: sent}, **asking),
        Route(method="POST", name="decide_authorization", endpoint=authorize_page.decide, body_json=False,
              summary="Allow or deny a client", body=authorize_page.DecisionForm, body_media=FORM, body_required=True,
              replies={303: sent}, **asking),
        Route(method="GET", path="/oauth/jwks", endpoint=oauth.jwks, name="jwks", open=True,
              summary="The keys to verify tokens with", replies={200: Reply("RFC 7517.", {JSON: dict[str, Any]})}),
        Route(method="GET", path="/.well-known/oauth-authorization-server", endpoint=oauth.server, open=True,
              name="authorization_server", summary="What the authorization server can do (RFC 8414)",
              replies={200: Reply("Its metadata.", {JSON: ServerShape})}),
        Route(method="GET", path="/.well-known/oauth-protected-resource", endpoint=oauth.resource, open=True,
              name="protected_resource", summary="Where to get tokens (RFC 9728)",
              replies={200: Reply("Its metadata.", {JSON: ResourceShape})}),
    ]  # fmt: skip
