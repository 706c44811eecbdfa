"""The load generator's process: plain sockets and one epoll, requests made beforehand, as little as can be per answer.

An event loop with protocols costs twice as much per request, and with few cores that is taken from the server.
"""

import itertools
import select
import socket
import sys
import time
from array import array
from collections import Counter
from collections.abc import Iterator

import msgspec

from bench.load import NUMBER, Load, Measured

CHUNK = 65_536


def run(load: Load) -> Measured:
    """Send the requests and wait for every answer. Raises ConnectionError when the server hangs up."""
    if load.count is None and load.seconds is None:
        raise ValueError("Say how long: count or seconds.")
    count = sys.maxsize if load.count is None else load.count
    requests = itertools.islice(_in_turn(load.requests), count)
    sockets = [_connect(load.host, load.port) for _ in range(min(load.connections, count))]
    poll = select.epoll()
    for connection in sockets:
        poll.register(connection.fileno(), select.EPOLLIN)
    ends = {connection.fileno(): (connection.recv, connection.send) for connection in sockets}
    clock = time.monotonic
    took, statuses, firsts = array("d"), Counter[bytes](), dict[bytes, bytes]()
    sent: dict[int, float] = {}
    rest: dict[int, bytes] = {}

    busy_before, began = time.process_time(), clock()
    deadline = float("inf") if load.seconds is None else began + load.seconds
    for number, (_, send) in ends.items():
        send(next(requests))
        sent[number] = clock()
    while sent:
        for number, _ in poll.poll():
            receive, send = ends[number]
            data = receive(CHUNK)
            if not data:
                raise ConnectionError("The server closed a connection that was in use.")
            if number in rest:
                data = rest.pop(number) + data
            if not _whole(data):
                rest[number] = data
                continue
            now = clock()
            took.append(now - sent[number])
            status = data[9:12]
            statuses[status] += 1
            if status not in firsts:
                firsts[status] = data
            following = next(requests, None) if now < deadline else None
            if following is None:
                del sent[number]
            else:
                sent[number] = now
                send(following)
    ended, busy = clock(), time.process_time() - busy_before

    in_order = sorted(took)
    return Measured(
        began=began,
        ended=ended,
        statuses={int(status): times for status, times in statuses.items()},
        firsts={int(status): answer for status, answer in firsts.items()},
        p50_ms=in_order[len(in_order) // 2] * 1e3,
        p99_ms=in_order[len(in_order) * 99 // 100] * 1e3,
        max_ms=in_order[-1] * 1e3,
        own_us=busy / len(in_order) * 1e6,
    )


def _in_turn(requests: list[bytes]) -> Iterator[bytes]:
    if NUMBER not in requests[0]:
        return itertools.cycle(requests)
    before, _, after = requests[0].partition(NUMBER)
    return (b"%b%012d%b" % (before, number, after) for number in itertools.count())


def _connect(host: str, port: int) -> socket.socket:
    connection = socket.create_connection((host, port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _whole(data: bytes) -> bool:
    """Whether an answer is complete. Answers without a length have no body; nothing measured here is sent in chunks."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    place = data.find(b"ontent-length: ", 0, head)
    if place < 0:
        place = data.find(b"ontent-Length: ", 0, head)
        if place < 0:
            return True
    return len(data) >= head + 4 + int(data[place + 15 : data.find(b"\r", place)])


if __name__ == "__main__":
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Load)
    sys.stdout.buffer.write(msgspec.msgpack.encode(run(order)))
