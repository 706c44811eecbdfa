"""What travels between the server and the writer arrives as it was sent."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from runbell.domain.fault import Fault, Problem
from runbell.domain.faults import FAULTS
from runbell.domain.lifecycle import Refused
from runbell.domain.status import Status
from runbell.ports.store import Stale, StopWins
from runbell.stores.sqlite.protocol import Inbox, Reply, answer_to, decode_reply, error_of, write_reply


def travelled(error: Exception) -> Exception:
    """The exception at the other end."""
    messages: list[bytes] = []
    Inbox(messages.append).feed(write_reply(Reply([answer_to(error)])))
    ((how, content),) = decode_reply(messages[0]).answers
    return error_of(how, content)


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.code)
def test_every_fault_arrives_whole(kind: type[Fault]) -> None:
    sent = kind(
        "Do this.", problems=(Problem("/a", "wrong", "Mend it.", 3),), execution="e1", retry_after_s=5, about={"n": 1}
    )
    arrived = travelled(sent)
    assert type(arrived) is kind
    assert vars(arrived) == vars(sent)


def test_the_states_of_affairs_arrive_too() -> None:
    assert isinstance(travelled(Stale("over")), Stale)
    assert isinstance(travelled(StopWins("stop")), StopWins)
    refused = travelled(Refused("claim", Status.RUNNING))
    assert isinstance(refused, Refused)
    assert (refused.move, refused.status) == ("claim", Status.RUNNING)


def test_a_defect_arrives_as_internal_and_tells_nothing() -> None:
    arrived = travelled(ValueError("select secret"))
    assert isinstance(arrived, Fault)
    assert arrived.code == "internal"
    assert "secret" not in arrived.detail


@given(some.lists(some.binary(max_size=40), max_size=8), some.lists(some.integers(1, 60), min_size=1))
def test_messages_are_put_together_however_they_are_cut(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(len(body).to_bytes(4, "big") + body for body in bodies)
    taken: list[bytes] = []
    inbox = Inbox(taken.append)
    place = 0
    while place < len(stream):
        cut = cuts[place % len(cuts)]
        inbox.feed(stream[place : place + cut])
        place += cut
    assert taken == bodies


def test_a_reply_is_small_when_nothing_is_said() -> None:
    assert len(write_reply(Reply())) < 10
    assert msgspec.msgpack.decode(write_reply(Reply())[4:]) == [[], [], None, False]
