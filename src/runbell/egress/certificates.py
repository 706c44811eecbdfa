"""Whom a TLS connection to the outside believes: the machine's authorities, and those that the operator names."""

import ssl
from pathlib import Path

from runbell.egress.trouble import Refused


def tls_context(authorities: Path | None = None) -> ssl.SSLContext:
    """What certificates are checked with, always: the machine's own store, whatever SSL_CERT_FILE says, and the
    authorities of a PEM file. Raises Refused when that cannot be read."""
    import httpx2  # only here, and not at import: most processes never speak TLS

    context = httpx2.create_ssl_context(trust_env=False)
    if authorities is not None:
        try:
            context.load_verify_locations(cafile=authorities)
        except (OSError, ssl.SSLError) as error:
            raise Refused(f"The file of egress_ca cannot be read as certificates (PEM): {authorities}.") from error
    return context
