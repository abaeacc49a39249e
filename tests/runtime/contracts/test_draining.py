"""Tests of runtime.contracts.draining: when a connection is closed that stays idle."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from runtime.contracts import body
from runtime.contracts.direct import DirectProtocol
from tests.runtime.contracts.conversation import RECORD, Conversation, converse, request

DIRECT = request()
LONG = request(b"[" + b",".join([RECORD] * 3_000) + b"]")
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

    @property
    def looks(self) -> list[float]:
        """When timers go off."""
        return [when for when, _ in self.due]

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
        connection.protocol.connection_made(connection.transport)
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
            assert clock.looks == [5]
        clock.wait(5)
        assert clock.looks == [9]
        clock.wait(8.9)
        assert not connection.transport.closed
        clock.wait(9)
        assert connection.transport.closed

    on_a_clock(artifacts, talk)


@pytest.mark.parametrize("sent", [DIRECT, HANDED_OVER], ids=["direct", "handed over"])
def test_a_connection_is_not_idle_while_a_request_comes(artifacts: Path, sent: bytes) -> None:
    """However slowly, for a minute, and even if its head is known."""
    sent = sent.replace(b"X-Request-ID: a\r\n", b"")

    async def talk(connection: Conversation, clock: Clock) -> None:
        await connection.send(sent)
        clock.wait(4)
        await connection.send(sent[:-1])
        clock.wait(63)
        assert not connection.transport.closed
        await connection.send(sent[-1:])
        assert connection.transport.written.count(b"HTTP/1.1 ") == 2
        clock.wait(67.9)
        assert not connection.transport.closed
        clock.wait(68)
        assert connection.transport.closed

    on_a_clock(artifacts, talk)


@pytest.mark.parametrize("answers", [0, 1])
@pytest.mark.parametrize("begun", [b"PO", DIRECT[:40]])
def test_a_head_that_does_not_come_is_not_awaited_for_ever(
    artifacts: Path, begun: bytes, answers: int
) -> None:
    """Its client gets a minute from its first byte, and is told."""

    async def talk(connection: Conversation, clock: Clock) -> None:
        await connection.send(*[DIRECT] * answers)
        clock.wait(3)
        connection.transport.written = b""
        await connection.send(begun)
        clock.wait(62.9)
        assert not connection.transport.closed
        clock.wait(63)
        answer = connection.transport.written
        assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert b"\r\nconnection: close\r\n" in answer
        assert answer.endswith(b'"detail":"The request has not come within 60 seconds."}')
        assert connection.transport.closed

    on_a_clock(artifacts, talk)


def test_a_connection_that_is_kept_for_longer_than_a_request_gets_still_gives_it_that(
    artifacts: Path,
) -> None:
    """A request that begins after minutes has its minute."""

    async def talk(connection: Conversation, clock: Clock) -> None:
        connection.protocol.timeout_keep_alive = 600
        await connection.send(DIRECT)
        clock.wait(500)
        await connection.send(DIRECT[:40])
        clock.wait(559)
        assert not connection.transport.closed
        await connection.send(DIRECT[40:])
        assert connection.transport.written.count(b"HTTP/1.1 200 OK") == 2
        clock.wait(1158)
        assert not connection.transport.closed
        clock.wait(1159)
        assert connection.transport.closed

    on_a_clock(artifacts, talk)


@pytest.mark.parametrize("known", [False, True])
def test_a_short_body_that_does_not_come_is_the_applications(
    artifacts: Path,
    known: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """After a minute it waits as it does for any, says that nothing came, and logs it."""
    monkeypatch.setattr(body, "LATEST", 0.0)
    sent = DIRECT.replace(b"X-Request-ID: a\r\n", b"")

    async def talk(connection: Conversation, clock: Clock) -> None:
        if known:
            await connection.another(DirectProtocol).send(sent)
        await connection.send(sent[:-1])
        clock.wait(59.9)
        assert connection.transport.written == b""
        clock.wait(60)
        await connection.until(lambda: connection.transport.closed)
        assert connection.transport.written.startswith(b"HTTP/1.1 408 Request Timeout\r\n")

    on_a_clock(artifacts, talk)
    assert '"status":408' in capsys.readouterr().out


@pytest.mark.parametrize("parts", [1, 2])
def test_a_body_that_has_come_sets_no_timer(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    """It would cost more than to read it."""
    timeout, times = asyncio.timeout, []

    def noted(seconds: float | None) -> asyncio.Timeout:
        times.append(seconds)
        return timeout(seconds)

    async def talk(connection: Conversation) -> None:
        monkeypatch.setattr("runtime.contracts.flow.asyncio.timeout", noted)
        await connection.send(*([HANDED_OVER] if parts == 1 else [LONG[:-1], LONG[-1:]]))
        monkeypatch.undo()

    converse(artifacts, talk)
    assert times == ([None] if parts == 1 else [60.0, 60.0])


def test_an_answer_is_not_followed_by_another_as_the_body_does_not_come(artifacts: Path) -> None:
    """Where the request was answered before all of it had come."""

    async def talk(connection: Conversation, clock: Clock) -> None:
        answer = await connection.send(request(path="/nothing")[:-1])
        assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
        clock.wait(60)
        assert connection.transport.written == answer
        assert connection.transport.closed

    on_a_clock(artifacts, talk)


def test_a_client_that_takes_nothing_of_its_answer_is_not_awaited_for_ever(
    artifacts: Path,
) -> None:
    """It gets five minutes, from the last byte that it took."""

    async def talk(connection: Conversation, clock: Clock) -> None:
        connection.protocol.pause_writing()
        connection.transport.untaken = 70_000
        connection.protocol.data_received(LONG)
        await connection.pause()
        clock.wait(200)
        connection.transport.untaken = 60_000
        clock.wait(300)
        connection.protocol.resume_writing()
        await connection.until(lambda: connection.transport.written != b"")
        connection.protocol.pause_writing()
        clock.wait(599)
        assert not connection.transport.closed
        clock.wait(610)
        assert connection.transport.aborted

    on_a_clock(artifacts, talk)


def test_what_was_sent_last_is_not_awaited_for_ever_either(artifacts: Path) -> None:
    """A connection that is closed waits until its client has taken all."""

    async def talk(connection: Conversation, clock: Clock) -> None:
        connection.transport.untaken = 1_000
        await connection.send(request(head="Connection: close\r\n"))
        assert connection.transport.closed
        clock.wait(300)
        assert not connection.transport.aborted
        clock.wait(310)
        assert connection.transport.aborted

    on_a_clock(artifacts, talk)


def test_a_connection_on_which_nothing_comes_is_closed(artifacts: Path) -> None:
    """Its client gets as long as for a request, and no answer to none."""

    async def talk(connection: Conversation, clock: Clock) -> None:
        clock.wait(59.9)
        assert not connection.transport.closed
        clock.wait(60)
        assert connection.transport.written == b""
        assert connection.transport.closed

    on_a_clock(artifacts, talk)


def test_a_connection_that_was_lost_is_forgotten(artifacts: Path) -> None:
    """Its timer, too."""

    async def talk(connection: Conversation, clock: Clock) -> None:
        connection.transport.close()
        connection.protocol.connection_lost(ConnectionResetError())
        assert clock.due == []

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
        clock.wait(64.9)
        assert not connection.transport.closed
        clock.wait(65)
        assert connection.transport.closed

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


@pytest.mark.parametrize("more", [b"", DIRECT], ids=["nothing", "another request"])
def test_told_to_stop_amid_an_answer_one_more_request_is_taken(
    artifacts: Path, more: bytes
) -> None:
    """The client was not told to leave when the answer began."""

    async def talk(connection: Conversation, clock: Clock) -> None:
        connection.protocol.data_received(LONG)
        await connection.until(lambda: connection.transport.written != b"")
        connection.protocol.shutdown()
        await connection.settle()
        assert connection.transport.written.endswith(b"}]\r\n0\r\n\r\n")
        assert not connection.transport.closed
        if more:
            assert b"\r\nconnection: close\r\n" in await connection.send(more)
        else:
            clock.wait(0.5)
        assert connection.transport.closed

    on_a_clock(artifacts, talk)


@pytest.mark.parametrize("before", [b"", DIRECT], ids=["the first", "after another"])
def test_a_client_that_leaves_amid_an_answer_has_left(
    artifacts: Path, before: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though it has sent its next requests already; these are not begun."""

    async def talk(connection: Conversation) -> None:
        connection.protocol.data_received(before + LONG + HANDED_OVER + HANDED_OVER)
        await connection.until(lambda: b"chunked" in connection.transport.written)
        connection.transport.close()
        connection.protocol.connection_lost(None)
        await connection.settle()

    converse(artifacts, talk)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    statuses = [each["status"] for each in lines if each["message"] == "request"]
    assert statuses == ([200, 499] if before else [499])
