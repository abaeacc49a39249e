"""Names and comments in the languages that clients are written in."""

import json
import re
import unicodedata
from collections.abc import Iterable

from runtime.manifest import Feature


def words(text: str) -> list[str]:
    """Split a name into lower-case words of ASCII letters and digits, without their accents."""
    plain = re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.replace("ß", "ss")))
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain)
    return [word.lower() for word in re.findall(r"[A-Za-z0-9]+", spaced)]


def pascal(text: str) -> str:
    """Return `BillLengthMm`; a name that would begin with a digit begins with X."""
    name = "".join(word.capitalize() for word in words(text))
    return name if name and not name[0].isdigit() else f"X{name}"


def camel(text: str) -> str:
    """Return `billLengthMm`."""
    name = pascal(text)
    return name[0].lower() + name[1:]


def snake(text: str) -> str:
    """Return `bill_length_mm`."""
    name = "_".join(words(text))
    return name if name and not name[0].isdigit() else f"x{name}"


def unique(names: Iterable[str], reserved: Iterable[str] = ()) -> list[str]:
    """Return the names with a number behind each that is reserved or was there before."""
    taken, result = set(reserved), []
    for name in names:
        free, number = name, 1
        while free in taken:
            number += 1
            free = f"{name}{number}"
        taken.add(free)
        result.append(free)
    return result


def category_types(features: Iterable[Feature]) -> dict[str, str]:
    """Return what the type of each feature's categories is called, by the feature's name."""
    named = [feature.name for feature in features if feature.categories]
    return dict(zip(named, unique(f"{pascal(name)}Category" for name in named), strict=True))


def quoted(text: str) -> str:
    """Return a string literal that TypeScript, Go, Java and Python all read alike."""
    literal = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\u2028\u2029\ufdd0\ufeff]", _escaped, literal)


def escaped(text: str) -> str:
    """Return Java source in ASCII, which every compiler's default encoding reads alike."""
    return "".join(char if char.isascii() else json.dumps(char)[1:-1] for char in text)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def about(feature: Feature) -> str:
    """Say in one line what a feature is: its title, its range or categories, if it may miss."""
    parts = [feature.title]
    if feature.minimum is not None and feature.maximum is not None:
        parts.append(f"{feature.minimum:g} to {feature.maximum:g} in training")
    if feature.categories and len(feature.categories) <= 20 and not feature.closed:
        parts.append("others than those named are answered, too")
    if feature.nullable:
        parts.append("may be missing")
    return line("; ".join(parts))


def line(text: str) -> str:
    """Return a text as one line that ends no comment of any of the languages."""
    return re.sub(r"\s+", " ", text).replace("*/", "* /").replace("\\", "/").replace('"', "'")
