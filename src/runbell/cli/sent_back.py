"""A listener on this machine's own address, to which a browser is sent back with the answer (RFC 8252 §7.3)."""

import os
import queue
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

PATH: Final = "/callback"
WAIT_S: Final = 600.0
MOST: Final = 100
_DONE: Final = "You can close this page, and go back to where you typed runbell login."
_PAGE: Final = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>runbell</title></head>
<body><main><p>{_DONE}</p></main></body></html>
"""


class SentBack:
    """Where a browser is sent back to, and what it brings."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._came: queue.Queue[dict[str, str]] = queue.Queue(MOST)

    def take(self, answer: dict[str, str]) -> None:
        """Keep an answer, unless there are too many already."""
        with suppress(queue.Full):
            self._came.put_nowait(answer)

    def answer(self, state: str, within_s: float = WAIT_S) -> dict[str, str] | None:
        """The answer with that state, None when none came in so many seconds. Any page can send others here."""
        until = time.monotonic() + within_s
        with suppress(queue.Empty):
            while True:
                found = self._came.get(timeout=max(0.0, until - time.monotonic()))
                if found.get("state") == state:
                    return found
        return None


@contextmanager
def listening() -> Iterator[SentBack]:
    """Listen on a free port of 127.0.0.1 for as long as this lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            answer = dict(parse_qsl(place.query)) if place.path == PATH else {}
            ours = "code" in answer or "error" in answer
            body = _PAGE.encode() if ours else b""
            self.send_response(200 if ours else 404)
            for name, value in (
                ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"),
                ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            ):  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            if ours:
                came.take(answer)

        def log_message(self, format: str, *args: Any) -> None:  # type: ignore[explicit-override]  # noqa: A002
            """Say nothing: the address holds the code."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        came = SentBack(f"http://127.0.0.1:{listener.server_address[1]}")
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield came
        finally:
            listener.shutdown()


def show_to_a_person(url: str) -> None:
    """Open the browser, where there is a screen for one or BROWSER names it; never one that takes the terminal."""
    screen = sys.platform in {"darwin", "win32"} or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    if screen:
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()  # some only return when it is closed
