"""Each number of a summary of some weeks or months equals the rows of the lists that it names."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from servicedesk.core.counting import Rounding
from servicedesk.organisation.queries import default_park, unit_by_code
from servicedesk.reports.content import content
from servicedesk.reports.figures import Reference
from servicedesk.reports.periods import named

EXPORTS = {
    "/desk/": "/desk/export.xlsx", "/desk/declarations": "/desk/declarations/export.xlsx",
    "/desk/events": "/desk/events/export.xlsx", "/insight/register": "/insight/register.xlsx",
    "/desk/consultations": "/desk/consultations/export.xlsx",
}  # fmt: skip
FIRM = ("企业", "企业名称")
Row = dict[str, Any]


@pytest.fixture
def head(demo: Flask) -> FlaskClient:
    """The browser of the desk's head, who sees what is confidential, too."""
    demo.config["WTF_CSRF_ENABLED"] = False
    client = demo.test_client()
    client.post("/sign-in", data={"login": "head", "password": "demo-2024"})
    return client


def rows_of(client: FlaskClient, address: str) -> Iterator[Row]:
    """Yield the rows of a list, from its export."""
    path, _, query = address.partition("?")
    assert client.get(address).status_code == 200, address
    answer = client.get(f"{EXPORTS[path]}?{query}")
    assert answer.status_code == 200, address
    sheet = load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    lines = [line for line in sheet.iter_rows(values_only=True) if sum(map(bool, line)) > 1]
    for line in lines[1:]:
        yield dict(zip(map(str, lines[0]), line, strict=True))


def counted(value: str, rows: list[Row]) -> float:
    """Count the rows in the unit of a number as it is written."""
    if value.endswith("人"):
        return sum(row["数量"] for row in rows)
    if value.endswith("亿元"):
        return round(sum(row["涉及投资（亿元）"] for row in rows), 2)
    if value.endswith(("件", "项", "场")):
        return len(rows)
    return len({next(row[name] for name in FIRM if name in row) for row in rows})


def number(value: str) -> float:
    """Read the number of a text: 35件, 甲、乙等4家企业; names alone are as many as they are."""
    found = re.search(r"等(\d+)家企业$|([\d.]+)(?:件|家|人|项|场|亿元)?$", value)
    return float(found[1] or found[2]) if found else value.count("、") + 1


@pytest.mark.parametrize(
    ("code", "unit_code"),
    [
        ("2024-W20", ""), ("2024-03", ""), ("2024-Q3", ""), ("2024-H1", ""), ("2026-11", ""),
        ("2024-Q3", "SCJG"), ("2024", "SCJG"),
    ],
)  # fmt: skip
def test_the_lists_have_exactly_the_rows_of_the_numbers(
    demo: Flask, head: FlaskClient, code: str, unit_code: str
) -> None:
    park_id = default_park().id
    unit = unit_by_code(park_id, unit_code) if unit_code else None
    said = content(park_id, named(code), Rounding.EXACT, unit)
    tried = 0
    for origin in said.origins:
        lists = [list(rows_of(head, link)) for link in origin.links]
        assert all(lists), origin  # no link leads to an empty list
        rows = [row for one in lists for row in one]
        if by_number(origin):
            assert counted(origin.value, rows) == number(origin.value), origin
            tried += 1
    assert tried >= 3


@pytest.mark.parametrize(
    ("code", "unit_code"), [("2024-W20", ""), ("2024-03", ""), ("2024-Q3", "SCJG")]
)
def test_the_table_s_numbers_open_exactly_their_tickets(
    demo: Flask, head: FlaskClient, code: str, unit_code: str
) -> None:
    park_id = default_park().id
    unit = unit_by_code(park_id, unit_code) if unit_code else None
    for line in content(park_id, named(code), unit=unit).rows:
        for text, link, kind in zip(line.texts[1:4], line.links[1:4], "件件家", strict=True):
            assert bool(link) == (text != "0")
            if link:
                assert counted(text + kind, list(rows_of(head, link))) == int(text), link


def by_number(origin: Reference) -> bool:
    """Rates are of many rows, one ticket may be reopened twice, events do not list who came."""
    return not (origin.value.endswith(("%", "次")) or "参训" in origin.meaning)
