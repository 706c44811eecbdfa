"""Where a redirect leads: a new call, which is read and vetted like the first (RFC 9110, 15.4)."""

import re
from typing import Final
from urllib.parse import urljoin

from msgspec.structs import replace

from runbell.egress.call import Answer, Call
from runbell.egress.destination import Destination, read_url
from runbell.egress.trouble import Refused

FOLLOWED: Final = frozenset({301, 302, 303, 307, 308})
_SAFE_ELSEWHERE: Final = frozenset({"user-agent", "accept", "accept-encoding", "accept-language"})
_OF_A_BODY: Final = frozenset({"content-length", "content-type", "content-encoding", "content-language"})


def onward(call: Call, came_from: Destination, answer: Answer) -> Call | None:
    """The call that the answer asks for; None if it asks for none.

    Another origin gets none of the caller's headers, since any of them may be a credential, and no body; https never
    leads to http. Raises Refused."""
    location = answer.header("location")
    if answer.status not in FOLLOWED or not location:
        return None
    url = _absolute(came_from, location)
    leads_to = read_url(url)
    if came_from.scheme == "https" and leads_to.scheme == "http":
        raise Refused(f"{came_from.origin} redirects from https to http, which is not followed.")
    elsewhere = leads_to.origin != came_from.origin
    headers, method, body = call.headers, call.method, call.body
    if method != "HEAD" and (answer.status == 303 or (answer.status in (301, 302) and method == "POST")):
        method, body = "GET", b""
        headers = tuple(pair for pair in headers if pair[0].lower() not in _OF_A_BODY)
    if elsewhere:
        if body:
            raise Refused(
                f"{came_from.origin} redirects a {method} with a body to {leads_to.origin}; call that one instead."
            )
        headers = tuple(pair for pair in headers if pair[0].lower() in _SAFE_ELSEWHERE | {"content-length"})
    return replace(call, url=url, method=method, body=body, headers=headers)


def _absolute(came_from: Destination, location: str) -> str:
    """The URL that a Location means. An absolute one is left as it is: `urljoin` would tidy it (drop a line break)."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", location) or not location.isprintable():
        return location
    try:
        return urljoin(came_from.origin + came_from.target, location)
    except ValueError as error:
        raise Refused(f"{came_from.origin} redirects to something that is no URL.") from error
