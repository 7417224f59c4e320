"""Who is mentioned in a text: the longest name that fits, and no addresses."""

import pytest

from servicedesk.core.mentions import mentioned

NAMES = ["龙建国", "龙建", "张敏", "desk 甲"]


@pytest.mark.parametrize(
    ("text", "known", "strange"),
    [
        ("@龙建国请看", ["龙建国"], []),
        ("@龙建 请看", ["龙建"], []),
        ("请＠张敏、@龙建国和@张敏看", ["张敏", "龙建国"], []),
        ("@desk 甲 请看", ["desk 甲"], []),
        ("@李四，请看", [], ["李四"]),
        ("写信到 li@example.com", [], []),
        ("价格@ 100", [], []),
        ("@@张敏", ["张敏"], []),
        ("", [], []),
    ],
)
def test_names(text: str, known: list[str], strange: list[str]) -> None:
    assert mentioned(text, NAMES) == (known, strange)
