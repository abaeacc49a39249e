"""Tests of runtime.contracts.lines: whole lines, however the bytes come."""

import pytest

from runtime.contracts.lines import TOO_LONG, Lines, Run

TEXT = b'one\ntwo, "2\n""\n2"\n\n"three"\nfour'


def cut(text: bytes, size: int, limit: int = 100, *, quoted: bool = False) -> list[Run]:
    """Return the runs of a text that comes in pieces of a size."""
    lines = Lines(limit, quoted)
    runs = [
        run for place in range(0, len(text), size) for run in lines.add(text[place : place + size])
    ]
    return [*runs, *lines.end()]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("quoted", [True, False])
def test_runs_are_of_whole_lines(size: int, quoted: bool) -> None:
    """All of them together are the text; the last need not be ended."""
    runs = cut(TEXT, size, quoted=quoted)
    assert b"".join(run or b"" for run in runs) == TEXT
    assert all(run is not None and run.endswith(b"\n") for run in runs[:-1])
    assert runs[-1] == b"four"
    if size == 1:
        assert (b'two, "2\n' in runs) == (not quoted)
        assert (b'two, "2\n""\n2"\n' in runs) == quoted


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_line_that_is_too_long_is_passed_over(size: int) -> None:
    """Nothing of it is kept, and what follows is not lost."""
    text = b"a\n" + b"b" * 200 + b'"\nc\n'
    runs = cut(text, size, limit=50, quoted=True)
    assert runs.count(TOO_LONG) == 1
    assert b"".join(run or b"|" for run in runs) == b"a\n|c\n"


def test_a_quote_that_is_never_closed_holds_no_more_than_a_line_may() -> None:
    """From there on everything is one line, until it is too long."""
    runs = cut(b'a\n"b\n' + b"c\n" * 100, 2, limit=10, quoted=True)
    assert runs[:2] == [b"a\n", TOO_LONG]
    assert runs.count(TOO_LONG) == 1
    assert runs[-1] == b"c\n"


def test_nothing_is_no_line() -> None:
    """Nor is an empty piece."""
    assert cut(b"", 1) == []
    lines = Lines(10)
    assert [*lines.add(b""), *lines.end()] == []
