"""S-34: HTTP that two servers could read in two ways is refused, and nothing behind it is served."""

from verify.check import Check, Figure, Trial
from verify.server import serving
from verify.spoken import AUTHORIZED, say

GET = b"GET /version HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /api/v1/jobs/note/executions HTTP/1.1\r\nHost: a\r\n" + AUTHORIZED + b"Content-Type: application/json\r\n"
BEHIND = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
AMBIGUOUS: dict[str, bytes] = {
    "TE with CL": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "CL with TE": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "TE that does not end in chunked": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "TE twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "TE of another name": POST + b"Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "two different lengths": POST + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}",
    "a list of lengths": POST + b"Content-Length: 2, 2\r\n\r\n{}",
    "a length with a sign": POST + b"Content-Length: +2\r\n\r\n{}",
    "a length in hexadecimal": POST + b"Content-Length: 0x2\r\n\r\n{}",
    "a negative length": POST + b"Content-Length: -2\r\n\r\n{}",
    "a chunk size with a sign": POST + b"Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n",
    "a chunk size with 0x": POST + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "a chunk that is longer than it says": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
    "a folded header": GET + b"X-A: b\r\n c: d\r\n\r\n",
    "a bare line feed after a header": GET + b"X-A: b\nX-C: d\r\n\r\n",
    "a bare line feed after the request line": b"GET /version HTTP/1.1\nHost: a\r\n\r\n",
    "bare line feeds only": b"GET /version HTTP/1.1\nHost: a\n\n",
    "a bare carriage return": GET + b"X-A: b\rX-C: d\r\n\r\n",
    "a blank before the colon": GET + b"X-A : b\r\n\r\n",
    "a blank before the first header": b"GET /version HTTP/1.1\r\n Host: a\r\n\r\n",
    "NUL in a header": GET + b"X-A: b\0c\r\n\r\n",
    "a header without a name": GET + b": b\r\n\r\n",
    "a header without a colon": GET + b"X-A\r\n\r\n",
    "two hosts": GET + b"Host: b\r\n\r\n",
    "no host": b"GET /version HTTP/1.1\r\n\r\n",
    "HTTP/0.9": b"GET /version\r\n\r\n",
    "HTTP/3.0": b"GET /version HTTP/3.0\r\nHost: a\r\n\r\n",
    "a blank in the path": b"GET /ver sion HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method that is none": b"GE\x01T /version HTTP/1.1\r\nHost: a\r\n\r\n",
    "headers of 200 KB": GET + b"X-A: " + b"a" * 200_000 + b"\r\n\r\n",
    "2,000 headers": GET + b"X-A: b\r\n" * 2_000 + b"\r\n",
    "one header of 40 KB": GET + b"X-A: " + b"a" * 40_000 + b"\r\n\r\n",
}
EXPECTED = {400, 413, 431, 501, 505}


def run(trial: Trial) -> Figure:
    """Each of them with a good request behind it on the same connection."""
    accepted: list[str] = []
    with serving(trial) as server:
        for name, request in list(AMBIGUOUS.items()) * trial.size:
            heard = say(server.port, request + BEHIND, seconds=1.0)
            if not (set(heard.statuses) <= EXPECTED and len(heard.statuses) <= 1 and heard.hung_up):
                accepted.append(f"{name}: {heard.statuses}, {'hung up' if heard.hung_up else 'stayed'}")
        well = say(server.port, GET + b"Connection: close\r\n\r\n").statuses == [200]
        with server.client() as client:
            made = len(client.get("/executions").body["items"])
    for sentence in accepted:
        trial.say(f"accepted: {sentence}")
    return Figure(
        not accepted and well and not made, len(AMBIGUOUS) * trial.size,
        {"accepted": len(accepted), "executions": made},
    )  # fmt: skip


CHECK = Check(
    name="smuggle", promise="S-34", says="HTTP that can be read in two ways is refused with all that is behind it",
    run=run, unit="rounds", quick=1, normal=3, full=30, sabotages=("lenient-http",),
)  # fmt: skip
