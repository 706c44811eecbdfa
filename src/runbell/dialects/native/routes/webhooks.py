"""The routes of webhooks and deliveries."""

from typing import Any

from msgspec import structs

from runbell.dialects.native.routes.identity import PATCH_MEDIA
from runbell.dialects.native.routes.said import ABSENT, API, EXECUTION, IF_MATCH, PAGE, page
from runbell.dialects.native.webhook_shapes import (
    DeliveriesPage,
    DeliveryShape,
    NewWebhookBody,
    NewWebhookShape,
    OwnSecretShape,
    ReplayBody,
    ReplayShape,
    RotateBody,
    RotatedShape,
    WebhookShape,
    WebhooksPage,
)
from runbell.dialects.native.webhooks import Webhooks
from runbell.domain import faults as f
from runbell.http.route import JSON, Reply, Route


def of_webhooks(webhooks: Webhooks) -> list[Route]:
    path, scope = f"{API}/webhooks/{{webhook}}", "webhooks:write"
    shown = {200: Reply("The webhook.", {JSON: WebhookShape}, ("ETag",))}
    made = {201: Reply("A new webhook, with its secret this once.", {JSON: NewWebhookShape}, ("ETag", "Location"))}
    return [
        Route(method="GET", path=f"{API}/webhooks", endpoint=webhooks.page, name="list_webhooks", scope=scope,
              query=PAGE, summary="Webhooks by name", faults=(f.BadCursor,), replies=page(WebhooksPage)),
        Route(method="POST", path=f"{API}/webhooks", endpoint=webhooks.create, name="create_webhook", scope=scope,
              body=NewWebhookBody, body_required=True, summary="Make a webhook", faults=(f.StorageFull,), replies=made),
        Route(method="GET", path=path, endpoint=webhooks.get, name="get_webhook", scope=scope, summary="One webhook",
              faults=(f.NotFound,), replies=shown),
        Route(method="PATCH", path=path, endpoint=webhooks.patch, name="patch_webhook", scope=scope,
              headers=(IF_MATCH,), body=dict[str, Any], body_media=PATCH_MEDIA, body_required=True,
              summary="Change members of a webhook, switch it off or on",
              faults=(f.NotFound, f.RevisionMismatch, f.StorageFull), replies=shown),
        Route(method="DELETE", path=path, endpoint=webhooks.remove, name="delete_webhook", scope=scope,
              headers=(IF_MATCH,), summary="Delete a webhook", replies={204: Reply("It is gone.")},
              faults=(f.NotFound, f.RevisionMismatch, f.StorageFull)),
        Route(method="POST", path=f"{path}/secret", endpoint=webhooks.rotate, name="rotate_webhook_secret", scope=scope,
              body=RotateBody, summary="Give a webhook a new secret",
              faults=(f.NotFound, f.RevisionMismatch, f.StorageFull),
              replies={200: Reply("The new secret, this once.", {JSON: RotatedShape})}),
        Route(method="POST", path=f"{path}/test", endpoint=webhooks.test, name="test_webhook", scope=scope,
              summary="Send a test event", faults=(f.NotFound, f.StorageFull),
              replies={202: Reply("It is on its way.", {JSON: DeliveryShape})}),
        Route(method="POST", path=f"{path}/replay", endpoint=webhooks.replay, name="replay_webhook", scope=scope,
              body=ReplayBody, body_required=True, summary="Send what a webhook was not told",
              faults=(f.NotFound, f.StorageFull), replies={202: Reply("On their way.", {JSON: ReplayShape})}),
        *_of_deliveries(webhooks, path, scope),
        Route(method="GET", path=f"{API}/callback-secret", endpoint=webhooks.own_secret, name="get_callback_secret",
              scope="executions:run", summary="What signs the callbacks of your starts that name no secret",
              faults=(f.NotFound,), replies={200: Reply("Your secret.", {JSON: OwnSecretShape})}),
        Route(method="POST", path=f"{API}/callback-secret", endpoint=webhooks.rotate_own, name="rotate_callback_secret",
              scope="executions:run", body=RotateBody, summary="Replace what signs the callbacks of your starts",
              faults=(f.StorageFull,), replies={200: Reply("Your new secret.", {JSON: OwnSecretShape})}),
    ]  # fmt: skip


def _of_deliveries(webhooks: Webhooks, path: str, scope: str) -> list[Route]:
    listed = Route(
        method="GET", path=f"{path}/deliveries", endpoint=webhooks.deliveries, name="list_webhook_deliveries",
        scope=scope, query=PAGE, summary="What was told to a webhook, newest first", faults=(f.NotFound, f.BadCursor),
        replies=page(DeliveriesPage),
    )  # fmt: skip
    again = Route(
        method="POST", path=f"{path}/deliveries/{{delivery}}/redeliver", endpoint=webhooks.redeliver, name="redeliver",
        scope=scope, summary="Send a delivery again, under the same id", faults=(f.NotFound, f.StorageFull),
        replies={202: Reply("It is on its way.", {JSON: DeliveryShape})},
    )  # fmt: skip
    return [
        listed,
        again,
        structs.replace(listed, path=f"{EXECUTION}/deliveries", endpoint=webhooks.of_execution, name="list_deliveries",
                        scope="executions:read", summary="What was told of an execution, newest first",
                        faults=(*ABSENT, f.BadCursor)),
        structs.replace(again, path=f"{EXECUTION}/deliveries/{{delivery}}/redeliver",
                        endpoint=webhooks.redeliver_of_execution, name="redeliver_of_execution",
                        faults=(*ABSENT, f.StorageFull)),
    ]  # fmt: skip
