"""The route of files."""

from runbell.dialects.native.files import Files, FileShape
from runbell.dialects.native.routes.said import API
from runbell.domain import faults as f
from runbell.http.route import JSON, Header, Reply, Route

BYTES = "application/octet-stream"


def of_files(files: Files) -> list[Route]:
    """One route: a file is handed in, and named by its id from then on."""
    name = Header("Content-Disposition", 'The file\'s name: attachment; filename="prices.csv" (RFC 6266).')
    return [
        Route(method="POST", path=f"{API}/files", endpoint=files.post, name="post_file", scope="executions:run",
              headers=(name,), body=bytes, body_media=BYTES, body_json=False,
              summary="Hand in a file for a `file` parameter", faults=(f.StorageFull,),
              replies={201: Reply("The file; its id is the parameter's value.", {JSON: FileShape})}),
    ]  # fmt: skip
