"""Whether bytes are JSON in UTF-8 and, where they are not, from which byte on."""

import codecs
import re

import msgspec

from runtime.errors import MalformedError
from runtime.parts import PART_BYTES, Body

WHITESPACE = b" \t\r\n"

_ANYTHING = re.compile(rb"[^ \t\r\n]")
_POSITION = re.compile(r"^(?:JSON is malformed: )?(.*) \(byte (\d+)\)$")
_NOT_FINITE = re.compile(rb"-?(?:nan|inf(?:inity)?)\b", re.IGNORECASE)


def check_syntax(body: Body) -> None:
    """Raise MalformedError, with the position, unless `body` is JSON in UTF-8."""
    if not _ANYTHING.search(body):
        raise MalformedError("the body is empty", 0, "Send a JSON object, or a list of them.")
    _check_encoding(body)
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except RecursionError:
        hint = "A record is a flat object."
        raise MalformedError("it is nested too deeply", None, hint) from None
    except msgspec.DecodeError as error:
        match = _POSITION.match(str(error))
        problem, position = (match[1], int(match[2])) if match else ("it ends early", len(body))
        hint = None
        if problem == "trailing characters":
            position -= 1  # msgspec has read past the first of them
        if _NOT_FINITE.match(body, position) or _NOT_FINITE.match(body, position - 1):
            problem = "JSON has no NaN and no Infinity"
            hint = "Send null for a missing number."
        raise MalformedError(problem, position, hint) from None


def _check_encoding(body: Body) -> None:
    """Raise MalformedError unless `body` is UTF-8; the text of all of it is never in memory."""
    start, final = 0, False
    while not final:
        final = start + PART_BYTES >= len(body)
        try:
            _, read = codecs.utf_8_decode(body[start : start + PART_BYTES], "strict", final)
        except UnicodeDecodeError as error:
            problem = f"it is not UTF-8 ({error.reason})"
            position = start + error.start
            raise MalformedError(problem, position, "JSON is sent as UTF-8.") from None
        start += read
