"""Tests of runtime.contracts.draining: when a connection is closed that stays idle."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.runtime.contracts.conversation import Conversation, converse, request

DIRECT = request()
HANDED_OVER = request(b"{}")


class Clock:
    """Stands for a protocol's event loop: its timers go off when a test lets time pass."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.create_task = asyncio.get_running_loop().create_task

    def time(self) -> float:
        """Return the time."""
        return self.now

    def call_later(self, delay: float, call: Callable[[], None]) -> object:
        """Call later."""
        self.due.append((self.now + delay, call))
        return self

    def cancel(self) -> None:
        """Take the timer back; there is never more than one."""
        self.due.clear()

    def wait(self, until: float) -> None:
        """Let time pass, and call what is due on the way."""
        while self.due and self.due[0][0] <= until:
            self.now, call = self.due.pop(0)
            call()
        self.now = until


def on_a_clock(artifacts: Path, talk: Callable[[Conversation, Clock], Awaitable[None]]) -> None:
    """Hold a talk on a connection that lives by a clock."""

    async def timed(connection: Conversation) -> None:
        clock = Clock()
        connection.protocol.loop = clock  # type: ignore[assignment]
        await talk(connection, clock)

    converse(artifacts, timed)


@pytest.mark.parametrize("sent", [DIRECT, HANDED_OVER], ids=["direct", "handed over"])
def test_a_connection_that_has_been_idle_for_five_seconds_is_closed(
    artifacts: Path, sent: bytes
) -> None:
    """Counted from the last answer, by one timer that is not set for each."""

    async def talk(connection: Conversation, clock: Clock) -> None:
        for second in (0, 1, 4):
            clock.wait(second)
            await connection.send(sent)
            assert [when for when, _ in clock.due] == [5]
        clock.wait(5)
        assert [when for when, _ in clock.due] == [9]
        clock.wait(8.9)
        assert not connection.transport.closed
        clock.wait(9)
        assert connection.transport.closed

    on_a_clock(artifacts, talk)


@pytest.mark.parametrize("sent", [DIRECT, HANDED_OVER], ids=["direct", "handed over"])
def test_a_connection_is_not_idle_while_a_request_comes(artifacts: Path, sent: bytes) -> None:
    """However slowly, and even if its head is known."""
    sent = sent.replace(b"X-Request-ID: a\r\n", b"")

    async def talk(connection: Conversation, clock: Clock) -> None:
        await connection.send(sent)
        clock.wait(4)
        await connection.send(sent[:-1])
        clock.wait(60)
        assert not connection.transport.closed
        assert clock.due == []
        await connection.send(sent[-1:])
        assert connection.transport.written.count(b"HTTP/1.1 ") == 2
        assert [when for when, _ in clock.due] == [65]

    on_a_clock(artifacts, talk)


def test_a_connection_is_not_idle_while_a_row_waits(artifacts: Path) -> None:
    """However long its model takes."""

    async def talk(connection: Conversation, clock: Clock) -> None:
        await connection.send(DIRECT)
        connection.protocol.data_received(DIRECT)
        clock.wait(60)
        assert not connection.transport.closed
        await connection.settle()
        assert connection.transport.written.count(b"HTTP/1.1 200 OK") == 2
        assert [when for when, _ in clock.due] == [65]

    on_a_clock(artifacts, talk)


def test_requests_that_were_sent_at_once_are_answered_in_turn(artifacts: Path) -> None:
    """Before the connection can be idle."""

    async def talk(connection: Conversation, clock: Clock) -> None:
        await connection.send(DIRECT)
        clock.wait(4)
        await connection.send(DIRECT + HANDED_OVER + DIRECT)
        assert connection.transport.written.count(b"HTTP/1.1 ") == 4
        clock.wait(8.9)
        assert not connection.transport.closed
        clock.wait(9)
        assert connection.transport.closed

    on_a_clock(artifacts, talk)
