"""Lists of enterprises: what is taken, what is refused with a reason, twice is once."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from servicedesk.core.enterprise_import import COLUMNS
from servicedesk.core.identifiers import valid_credit_code
from servicedesk.enterprises.actions import create_enterprise
from servicedesk.enterprises.importing import (
    BAD,
    NEW,
    SAME,
    SIMILAR,
    UPDATE,
    confirm,
    drop,
    forget_imports,
    import_of,
    plan,
    upload,
)
from servicedesk.enterprises.models import Enterprise, Import
from servicedesk.enterprises.queries import find
from servicedesk.errors import Refused
from servicedesk.extensions import db
from tests.support import Town, pass_time

HEADINGS = [column.heading for column in COLUMNS]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
NUMERALS = "零壹贰叁肆伍陆柒捌玖"


def code(serial: int) -> str:
    """Return the ``serial``-th valid code of the region."""
    digits = ""
    for _place in range(7):
        serial, rest = divmod(serial, 31)
        digits = ALPHABET[rest] + digits
    return valid_credit_code("431202", f"MA{digits}")


def named(serial: int) -> str:
    """Return a name that is like no other: two names differ in at least two characters."""
    word = "".join(NUMERALS[int(digit)] * 2 for digit in f"{serial:03d}")
    return f"怀化{word}科技有限公司"


def line(serial: int, **cells: Any) -> list[Any]:
    """Return a good row of the list."""
    values = {
        "name": named(serial), "credit_code": code(serial), "industry_code": "C3841",
        "employees": 20 + serial, "revenue": 500, "area": "阳塘片区",
        "phone": f"138{serial:08d}", "founded_on": "2019-05-06", **cells,
    }  # fmt: skip
    return [values.get(column.field) for column in COLUMNS]


def workbook(rows: Sequence[Sequence[Any]], first: Sequence[Any] = HEADINGS) -> bytes:
    """Return an Excel file with these rows under the headings."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [first, *rows]:
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def bring(town: Town, rows: Sequence[Sequence[Any]]) -> Import:
    return upload(town.desk, "名单.xlsx", workbook(rows))


def verdicts(batch: Import) -> list[str]:
    return [one.verdict for one in plan(batch).rows]


def count() -> int:
    return db.session.scalar(select(func.count(Enterprise.id))) or 0


def test_good_rows_are_taken_and_bad_ones_explained(town: Town) -> None:
    before = count()
    batch = bring(town, [line(1), line(2, industry_code="Z99", phone="1"), line(3), line(1)])
    assert verdicts(batch) == [NEW, BAD, NEW, BAD]
    second, repeated = plan(batch).having(BAD)
    assert second.row.number == 3
    assert [problem.column for problem in second.row.problems] == ["行业代码", "联系电话"]
    assert repeated.row.problems[0].given == "2"
    assert count() == before  # a preview changes nothing
    done = confirm(town.desk, batch.id, update_known=True, choices={})
    assert done == {"created": 2, "updated": 0, "same": 0, "skipped": 0, "bad": 2}
    made = find(town.park_id, code(1))[0]
    assert (made.scale, made.industry_code, made.standing) == ("small", "C3841", "confirmed")


def test_the_same_file_twice_changes_nothing(town: Town) -> None:
    rows = [line(1), line(2, credit_code=None, name="筹建的玻璃厂（筹）")]
    first = bring(town, rows)
    confirm(town.desk, first.id, update_known=True, choices={})
    before, versions = count(), db.session.scalars(select(Enterprise.version)).all()
    assert confirm(town.desk, first.id, update_known=True, choices={})["created"] == 2
    again = bring(town, rows)
    assert verdicts(again) == [SAME, SAME]
    done = confirm(town.desk, again.id, update_known=True, choices={})
    assert done["same"] == 2 and done["created"] == 0
    assert count() == before
    assert db.session.scalars(select(Enterprise.version)).all() == versions


def test_known_enterprises_are_updated_or_skipped_as_one_likes(town: Town) -> None:
    mine = db.session.get_one(Enterprise, town.enterprise_id())
    row = line(1, name=mine.name, credit_code=mine.credit_code, employees=300, contact=None)
    skipped = bring(town, [row])
    (planned,) = plan(skipped).rows
    assert planned.verdict == UPDATE
    assert planned.differs["employees"] == (None, 300)
    assert "contact" not in planned.differs  # an empty cell says nothing
    assert confirm(town.desk, skipped.id, update_known=False, choices={})["skipped"] == 1
    assert db.session.get_one(Enterprise, mine.id).employees is None
    updated = bring(town, [row])
    assert confirm(town.desk, updated.id, update_known=True, choices={})["updated"] == 1
    found = db.session.get_one(Enterprise, mine.id)
    assert (found.employees, found.contact) == (300, "alice 乙")


def test_look_alikes_wait_for_a_decision_and_a_licence_finds_its_file(town: Town) -> None:
    preparing = create_enterprise(town.desk, name="湖南瑞风叶片制造有限公司（筹）", code=None)
    same_phone = line(5, name="怀化荷力士重工有限公司", phone="13800138000")
    rows = [
        line(1, name="湖南瑞风叶片制造有限公司"),
        same_phone,
        line(6, name="荷力氏重工有限公司", credit_code=None),
    ]
    batch = bring(town, rows)
    licensed, alike, heard = plan(batch).rows
    assert licensed.verdict == SIMILAR and licensed.usual == "update"
    assert alike.verdict == SIMILAR and alike.usual == "skip"
    assert heard.verdict == SIMILAR and heard.reasons
    done = confirm(town.desk, batch.id, update_known=True, choices={4: "new"})
    assert done == {"created": 1, "updated": 1, "same": 0, "skipped": 1, "bad": 0}
    found = db.session.get_one(Enterprise, preparing.id)
    assert (found.credit_code, found.standing) == (code(1), "confirmed")
    assert found.name == "湖南瑞风叶片制造有限公司"


def test_only_the_head_assigns_officers_by_a_list(town: Town) -> None:
    for who, officer in ((town.desk, None), (town.head, town.user("desk").id)):
        batch = upload(who, "x.xlsx", workbook([line(1, service_officer_id="desk")]))
        confirm(who, batch.id, update_known=True, choices={})
        assert find(town.park_id, code(1))[0].service_officer_id == officer


def test_a_list_may_be_dropped_and_is_forgotten(town: Town) -> None:
    batch = bring(town, [line(1)])
    drop(town.desk, batch.id)
    with pytest.raises(Refused):
        confirm(town.desk, batch.id, update_known=True, choices={})
    kept = bring(town, [line(2)])
    assert forget_imports() == 0
    pass_time(days=31)
    assert forget_imports() == 2
    assert import_of(town.park_id, kept.id).rows == []  # type: ignore[union-attr]
    with pytest.raises(Refused):
        confirm(town.desk, kept.id, update_known=True, choices={})
    with pytest.raises(Refused):
        upload(town.officer, "x.xlsx", workbook([line(1)]))


def bomb(text: bytes, size: int = 0) -> bytes:
    """Return a workbook in which one part declares entities or is very large."""
    file = io.BytesIO(workbook([line(1)]))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/extra.xml", text + b" " * size)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"PK\x03\x04 nothing", b"\xd0\xcf\x11\xe0 an old .xls", b"a,b\n1,2\n",
        workbook([]), workbook([line(1)], ["甲", "乙"]), b"x" * (5 * 1024 * 1024 + 1),
        bomb(b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), bomb(b"<x/>", 101 * 1024 * 1024),
    ],
    ids=["empty", "torn", "xls", "csv", "no rows", "no columns", "large", "entities", "unpacked"],
)  # fmt: skip
def test_files_that_are_not_lists_are_refused(town: Town, data: bytes) -> None:
    with pytest.raises(Refused):
        upload(town.desk, "x.xlsx", data)
    assert db.session.scalars(select(Import)).all() == []


def test_more_rows_than_allowed_are_refused(town: Town) -> None:
    rows = [[f"公司{number}", None] for number in range(5001)]
    with pytest.raises(Refused):
        upload(town.desk, "x.xlsx", workbook(rows, ["企业名称", "统一社会信用代码"]))


def test_five_hundred_rows_in_one_go(town: Town) -> None:
    batch = bring(town, [line(serial) for serial in range(1, 501)])
    assert set(verdicts(batch)) == {NEW}
    done = confirm(town.desk, batch.id, update_known=True, choices={})
    assert done["created"] == 500
