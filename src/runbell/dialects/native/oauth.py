"""The authorization server: tokens for clients and signed-in people, their end, and how to find it all."""

from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from runbell.dialects.native.oauth_wire import write_token
from runbell.domain.identity import SCOPES
from runbell.domain.token_refused import TokenRefused
from runbell.http.answer import JSON_TYPE, Answer, header, json_answer
from runbell.http.request import Request
from runbell.http.token_endpoint import NO_STORE, for_client, given, presented, whence
from runbell.operations import codes, devices, tokens
from runbell.operations.authorize import S256
from runbell.operations.client_login import LoggedIn, log_in
from runbell.operations.codes import Shown
from runbell.operations.delegated import NATIVE
from runbell.operations.tokens import REFRESH_S, Issued, Terms, asked_scopes

DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"
CODE: Final = "authorization_code"
GRANTS: Final = ("client_credentials", CODE, "refresh_token", DEVICE)
_METHODS: Final = ("client_secret_basic", "client_secret_post")


class IntrospectionShape(Struct, frozen=True, kw_only=True):
    """What a token opens now (RFC 7662 §2.2); `active` alone when nothing."""

    active: bool
    scope: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    username: str | UnsetType = UNSET
    token_type: str | UnsetType = UNSET
    exp: int | UnsetType = UNSET
    iat: int | UnsetType = UNSET
    sub: str | UnsetType = UNSET
    aud: str | UnsetType = UNSET
    iss: str | UnsetType = UNSET
    jti: str | UnsetType = UNSET


class DeviceShape(Struct, frozen=True, kw_only=True):
    """What a device shows and polls with (RFC 8628 §3.2)."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class ServerShape(Struct, frozen=True, kw_only=True):
    """What this authorization server can do (RFC 8414 §2)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str
    introspection_endpoint: str
    device_authorization_endpoint: str
    jwks_uri: str
    scopes_supported: tuple[str, ...] = SCOPES
    response_types_supported: tuple[str, ...] = ("code",)
    response_modes_supported: tuple[str, ...] = ("query",)
    grant_types_supported: tuple[str, ...] = GRANTS
    token_endpoint_auth_methods_supported: tuple[str, ...] = (*_METHODS, "none")
    revocation_endpoint_auth_methods_supported: tuple[str, ...] = (*_METHODS, "none")
    introspection_endpoint_auth_methods_supported: tuple[str, ...] = _METHODS
    code_challenge_methods_supported: tuple[str, ...] = (S256,)
    authorization_response_iss_parameter_supported: bool = True


class ResourceShape(Struct, frozen=True, kw_only=True):
    """Where to get tokens for this API (RFC 9728 §2)."""

    resource: str
    authorization_servers: tuple[str, ...]
    jwks_uri: str
    scopes_supported: tuple[str, ...] = SCOPES
    bearer_methods_supported: tuple[str, ...] = ("header",)
    resource_name: str = "runbell"


async def token(request: Request) -> Answer:
    """POST /oauth/token."""
    form = await request.form()
    grant = given(form, "grant_type")
    if grant not in GRANTS:
        raise TokenRefused("unsupported_grant_type", f"Use one of {', '.join(GRANTS)}.")
    client = await log_in(request.ports, presented(request, form), request.address)
    scopes = asked_scopes(form.get("scope"))
    if grant == "client_credentials":
        return write_token(await for_client(request, client, scopes, Terms(issuer=request.base)))
    return write_token(await _for_people(request, form, client, scopes))


async def revoke(request: Request) -> Answer:
    """POST /oauth/revoke (RFC 7009): done, also when there was nothing to do."""
    form = await request.form()
    client = await log_in(request.ports, presented(request, form), request.address)
    await tokens.revoke(request.ports, client.id, given(form, "token"), whence(request))
    return Answer(200, [*NO_STORE])


async def introspect(request: Request) -> Answer:
    """POST /oauth/introspect (RFC 7662): `{"active":false}` for anything that is over or another's."""
    form = await request.form()
    client = await log_in(request.ports, presented(request, form), request.address)
    if client.public:
        raise TokenRefused("invalid_client", "This needs a client with a secret.", who=client.id)
    found = await tokens.introspect(request.ports, client.id, NATIVE, given(form, "token"))
    shape = IntrospectionShape(active=False)
    if found is not None:
        shape = IntrospectionShape(
            active=True, scope=" ".join(found.scopes), client_id=found.client, sub=found.subject, iss=request.base,
            username=UNSET if found.user is None else found.user, exp=found.expires_at, iat=found.issued_at,
            token_type="Bearer" if found.kind == "access" else UNSET, aud=request.base, jti=found.id,
        )  # fmt: skip
    return Answer(200, [JSON_TYPE, *NO_STORE], msgspec.json.encode(shape))


async def device(request: Request) -> Answer:
    """POST /oauth/device (RFC 8628 §3.1): a program without a browser asks to be let in."""
    form = await request.form()
    client = await log_in(request.ports, presented(request, form), request.address)
    offered = await devices.ask(request.ports, client, asked_scopes(form.get("scope")), request.address)
    shape = DeviceShape(
        device_code=offered.device_code, user_code=offered.user_code, verification_uri=f"{request.base}/device",
        verification_uri_complete=f"{request.base}/device?user_code={offered.user_code}",
        expires_in=offered.expires_in, interval=offered.interval,
    )  # fmt: skip
    return Answer(200, [JSON_TYPE, *NO_STORE], msgspec.json.encode(shape))


async def jwks(request: Request) -> Answer:
    """GET /oauth/jwks: the keys to verify tokens with, without asking here."""
    return json_answer({"keys": await request.ports.signer.public_keys()}, headers=[_A_WHILE])


async def server(request: Request) -> Answer:
    """GET /.well-known/oauth-authorization-server."""
    base = request.base
    shape = ServerShape(
        issuer=base, authorization_endpoint=f"{base}/oauth/authorize", token_endpoint=f"{base}/oauth/token",
        revocation_endpoint=f"{base}/oauth/revoke", introspection_endpoint=f"{base}/oauth/introspect",
        device_authorization_endpoint=f"{base}/oauth/device", jwks_uri=f"{base}/oauth/jwks",
    )  # fmt: skip
    return json_answer(shape)


async def resource(request: Request) -> Answer:
    """GET /.well-known/oauth-protected-resource."""
    base = request.base
    return json_answer(ResourceShape(resource=base, authorization_servers=(base,), jwks_uri=f"{base}/oauth/jwks"))


_A_WHILE: Final = header("cache-control", "public, max-age=300")


async def _for_people(
    request: Request, form: dict[str, str], client: LoggedIn, scopes: tuple[str, ...] | None
) -> Issued:
    """The grants behind which a person stands: a client or a device that was allowed, and going on with that."""
    terms, origin = Terms(issuer=request.base, refresh_s=REFRESH_S), whence(request)
    if form["grant_type"] == DEVICE:
        return await devices.redeem(request.ports, client, given(form, "device_code"), terms, origin)
    if form["grant_type"] == CODE:
        code, verifier = given(form, "code"), given(form, "code_verifier")
        shown = Shown(code=code, verifier=verifier, redirect_uri=form.get("redirect_uri") or None)
        return await codes.redeem(request.ports, client, shown, terms, origin)
    return await tokens.renew(request.ports, client, given(form, "refresh_token"), scopes, terms, origin)
