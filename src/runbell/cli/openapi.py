"""`runbell openapi`: the document of the native API, without a server."""

import msgspec

from runbell.cli.output import put
from runbell.cli.reaching import HERE, Common


def openapi(*, common: Common = HERE) -> int:
    """Print the OpenAPI 3.1 document of the native API; no server is needed. -o yaml prints it as YAML."""
    from runbell.assembly.documents import openapi_document

    document = msgspec.json.decode(openapi_document())
    put("json" if common.form == "table" else common.form, document, lambda: None)
    return 0
