"""The page on other languages names the C API's functions by their place in the header."""

import re

from examples.languages import EXAMPLES, HEADERS

PAGE = EXAMPLES.parent / "docs" / "other-languages.md"


def test_the_page_counts_the_c_api_as_its_header_does() -> None:
    """A foreign function interface calls whatever is there."""
    header = (HEADERS / "onnxruntime_c_api.h").read_text()
    table = re.sub(
        r"//[^\n]*|/\*.*?\*/", "", header[header.index("struct OrtApi {") :], flags=re.DOTALL
    )
    entries = re.findall(
        r"ORT_API2_STATUS\(\s*(\w+)|(ORT_CLASS_RELEASE\(\w+)\)|\(ORT_API_CALL\s*\*\s*(\w+)\)", table
    )
    names = ["".join(entry).replace("ORT_CLASS_RELEASE(", "Release") for entry in entries]
    said = {
        name: int(entry)
        for entries, functions in re.findall(
            r"^\| (\d[\d, ]*) \| (`.+?`) \|", PAGE.read_text(), re.MULTILINE
        )
        for entry, name in zip(entries.split(", "), re.findall(r"`(\w+)`", functions), strict=True)
    }
    assert len(said) == 19
    assert said == {name: names.index(name) for name in said}
