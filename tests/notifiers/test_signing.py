"""Signatures, held against the reference verifier of Standard Webhooks and against cryptography's own."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from runbell.domain import signing_secret
from runbell.notifiers.signing import public_key, signature
from runbell.notifiers.webhook import headers_of
from runbell.ports.notifier import Notification

ID = "msg_01m883734be24bdkyjybh9xck2"
BODY = b'{"type":"execution.succeeded"}'


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def headers(*secrets: str, body: bytes = BODY, at: int | None = None) -> dict[str, str]:
    at = now() if at is None else at
    return {"webhook-id": ID, "webhook-timestamp": str(at), "webhook-signature": signature(ID, at, body, secrets)}


def test_the_example_of_the_specification_is_signed_as_it_says() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    said = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [secret])
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_reference_verifier_accepts_it_with_either_secret_during_a_rotation() -> None:
    new, old, foreign = (signing_secret.fresh("v1") for _ in range(3))
    both = headers(new, old)
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, both)
    with pytest.raises(WebhookVerificationError):
        Webhook(foreign).verify(BODY, both)


@pytest.mark.parametrize(
    ("member", "change"),
    [("webhook-id", "msg_other"), ("webhook-timestamp", "+1"), ("webhook-signature", "v1,AAAA"), ("body", "x")],
)
def test_the_reference_verifier_refuses_whatever_was_changed(member: str, change: str) -> None:
    secret = signing_secret.fresh("v1")
    told, body = headers(secret), BODY
    if member == "body":
        body += change.encode()
    elif change == "+1":
        told[member] = str(int(told[member]) + 1)
    else:
        told[member] = change
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, told)


def test_an_ed25519_signature_is_verified_by_the_public_key_alone() -> None:
    secret = signing_secret.fresh("v1a")
    key = public_key(secret)
    assert key.startswith("whpk_")
    version, _, text = signature(ID, 7, BODY, [secret]).partition(",")
    assert version == "v1a"
    verifier = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
    verifier.verify(base64.b64decode(text), f"{ID}.7.".encode() + BODY)
    with pytest.raises(InvalidSignature):
        verifier.verify(base64.b64decode(text), f"{ID}.8.".encode() + BODY)


def test_a_cloud_event_has_its_attributes_in_the_headers() -> None:
    told = Notification(
        id=ID, type="execution.failed", time=1_900_000_000_123, at=1_900_000_000_500, url="https://e.example/",
        body=BODY, secrets=(signing_secret.fresh("v1"),), source="https://jobs.example/api/v1", subject="run_1",
        cloud_events=True, traceparent="00-a-b-01",
    )  # fmt: skip
    found = {name: value for name, value in headers_of(told).items() if name.startswith(("ce-", "trace"))}
    assert found == {
        "ce-specversion": "1.0", "ce-id": ID, "ce-type": "execution.failed", "ce-subject": "run_1",
        "ce-source": "https://jobs.example/api/v1", "ce-time": "2030-03-17T17:46:40.123Z", "traceparent": "00-a-b-01",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "", "whsec_", "whsec_AAAA", "whsec_" + base64.b64encode(bytes(65)).decode(), "whsec_not base64",
        base64.b64encode(bytes(32)).decode(), "whsk_" + base64.b64encode(bytes(33)).decode(),
    ],
)  # fmt: skip
def test_what_cannot_sign_is_no_secret(text: str) -> None:
    with pytest.raises(signing_secret.NotASecret):
        signing_secret.read(text)
