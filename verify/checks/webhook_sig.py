"""G-49: what this server signs the reference verifier believes, with either secret; and nothing that was changed."""

import base64
import time
from random import Random

from runbell.client.verifying import UnverifiedWebhook, verify_webhook
from runbell.domain import signing_secret
from runbell.notifiers import signing
from verify.check import Check, Figure, Trial


def run(trial: Trial) -> Figure:
    """Sign so many messages; verify each, and each with one thing changed, by the peer and by our own client."""
    from standardwebhooks.webhooks import Webhook, WebhookVerificationError

    dice = trial.random
    good_reject = bad_accept = 0
    for _ in range(trial.size):
        secrets = [_secret(dice) for _ in range(dice.choice((1, 2)))]
        body = b'{"n":%d,"t":"%s"}' % (dice.randrange(10**9), dice.randbytes(dice.randrange(200)).hex().encode())
        at, id_ = int(time.time()), f"msg_{dice.randrange(10**12)}"
        told = _headers(id_, at, body, secrets)

        def by_peer(headers: dict[str, str], body: bytes, secret: str) -> bool:
            try:
                Webhook(secret).verify(body, headers)
            except (WebhookVerificationError, ValueError):
                return False
            return True

        def by_us(headers: dict[str, str], body: bytes, secret: str) -> bool:
            try:
                verify_webhook(headers, body, secret)
            except UnverifiedWebhook:
                return False
            return True

        for believes in (by_peer, by_us):
            good_reject += sum(not believes(told, body, secret) for secret in secrets)
            changed, other = _changed(dice, told, body, id_, at, secrets)
            bad_accept += believes(changed, other, secrets[0])
            bad_accept += believes(told, body, _secret(dice))
    return Figure(good_reject == bad_accept == 0, trial.size, {"bad_accept": bad_accept, "good_reject": good_reject})


def _secret(dice: Random) -> str:
    return signing_secret.of_bytes(dice.randbytes(dice.randrange(24, 65)))


def _headers(id_: str, at: int, body: bytes, secrets: list[str]) -> dict[str, str]:
    said = signing.signature(id_, at, body, secrets)
    return {"webhook-id": id_, "webhook-timestamp": str(at), "webhook-signature": said}


def _changed(
    dice: Random, told: dict[str, str], body: bytes, id_: str, at: int, secrets: list[str]
) -> tuple[dict[str, str], bytes]:
    """The same with one thing changed: a bit of the body, the id, the time, the signature; or signed long ago."""
    match dice.randrange(5):
        case 0:
            place = dice.randrange(len(body))
            return told, body[:place] + bytes([body[place] ^ 1 << dice.randrange(3)]) + body[place + 1 :]
        case 1:
            return told | {"webhook-id": id_ + "x"}, body
        case 2:
            return told | {"webhook-timestamp": str(at + dice.choice((-1, 1)))}, body
        case 3:
            other = base64.b64encode(dice.randbytes(32)).decode()
            return told | {"webhook-signature": f"v1,{other} v2,{other} v1,"}, body
    return _headers(id_, at - 3_600, body, secrets), body


CHECK = Check(
    name="webhook-sig", promise="G-49",
    says="the reference verifier believes what is signed and nothing that was changed",
    run=run, unit="messages", quick=300, normal=10_000, full=100_000, sabotages=("signature-of-body-only",),
)  # fmt: skip
