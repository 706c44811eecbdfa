"""The routes of secrets."""

from runbell.dialects.native.routes.said import API, IF_MATCH, PAGE, UNLESS_THERE, page
from runbell.dialects.native.secret_shapes import SecretBody, SecretShape, SecretsPage
from runbell.dialects.native.secrets import Secrets
from runbell.domain import faults as f
from runbell.http.route import JSON, Reply, Route


def of_secrets(secrets: Secrets) -> list[Route]:
    path, scope = f"{API}/secrets/{{name}}", "secrets:write"
    shown = {200: Reply("The secret, without its value.", {JSON: SecretShape}, ("ETag",))}
    made = {201: Reply("A new secret.", {JSON: SecretShape}, ("ETag", "Location"))}
    return [
        Route(method="GET", path=f"{API}/secrets", endpoint=secrets.page, name="list_secrets", scope=scope, query=PAGE,
              summary="Secrets by name, without their values", faults=(f.BadCursor,), replies=page(SecretsPage)),
        Route(method="GET", path=path, endpoint=secrets.get, name="get_secret", scope=scope,
              summary="One secret, without its value", faults=(f.NotFound,), replies=shown),
        Route(method="PUT", path=path, endpoint=secrets.put, name="put_secret", scope=scope,
              headers=(IF_MATCH, UNLESS_THERE), body=SecretBody, body_required=True, summary="Set a secret",
              replies=shown | made, faults=(f.RevisionMismatch, f.StorageFull)),
        Route(method="DELETE", path=path, endpoint=secrets.remove, name="delete_secret", scope=scope,
              headers=(IF_MATCH,), summary="Delete a secret", replies={204: Reply("It is gone.")},
              faults=(f.NotFound, f.RevisionMismatch, f.StorageFull)),
    ]  # fmt: skip
