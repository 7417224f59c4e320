"""How the park made the catalogue its own: versions over the years, templates, an item retired."""

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any

from flask import current_app
from openpyxl import Workbook
from sqlalchemy import update

from servicedesk.catalogue.actions import columns_of
from servicedesk.catalogue.definition import Definition, read
from servicedesk.catalogue.editing import NEW, add_template, publish, set_listed
from servicedesk.catalogue.models import ItemVersion, ServiceItem
from servicedesk.catalogue.queries import item_by_code
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role
from servicedesk.demo.cast import Cast
from servicedesk.demo.loop import Moments
from servicedesk.extensions import db
from servicedesk.tickets.files import store
from servicedesk.transaction import unit_of_work

TEMPLATE_MAX = 1024 * 1024
HIRING_SHEET = ("岗位", "人数", "薪资（元/月）", "食宿", "到岗截止日", "任职要求")
LOAN_SHEET = ("融资金额（万元）", "用途", "期限（个月）", "可提供的担保", "近两年营业收入（万元）")
MARKET: Mapping[str, Any] = {
    "code": "J07", "name": "货车通行证与停车位申请", "name_en": "Lorry passes and parking",
    "aliases": ["通行证", "货车停车", "停车位", "入园证"], "category_code": "J", "kind": "帮办",
    "promised_days": 2, "clock": "workday", "lead_unit": "GHJS", "partner_units": ["GKGS"],
    "authorization": "optional", "outcomes": ["served", "solved"], "statutory_text": "无",
    "fields": [
        {"name": "wanted", "label": "办理内容", "label_en": "What is needed", "type": "choices",
         "required": True, "options": [
            {"value": "货车通行证", "label": "货车通行证", "label_en": "Lorry pass"},
            {"value": "固定车位", "label": "固定车位", "label_en": "Reserved parking"}]},
        {"name": "lorries", "label": "车辆数", "label_en": "Lorries", "type": "number",
         "required": True, "unit": "辆", "min": 1, "max": 500,
         "when": {"field": "wanted", "equals": ["货车通行证"]}},
    ],
    "materials": [
        {"name": "行驶证", "deferrable": False},
        {"name": "运输合同", "deferrable": True,
         "when": {"field": "wanted", "equals": ["货车通行证"]}},
    ],
}  # fmt: skip
RETIRED: Mapping[str, Any] = {
    "code": "J08", "name": "春运包车返岗登记", "name_en": "Chartered buses after the holidays",
    "aliases": ["返岗专车", "包车"], "category_code": "J", "kind": "活动", "promised_days": 3,
    "clock": "season", "lead_unit": "RSJ", "authorization": "none", "outcomes": ["served"],
}  # fmt: skip


def run(cast: Cast, seed: int) -> Moments:
    """Yield the moments at which the administrator publishes, and do it."""
    admin = cast.holder(Role.ADMIN, Random(seed))
    yield clock.now()
    _publish_at_the_opening()
    for moment, publishing in _course():
        yield datetime.fromisoformat(f"{moment}+08:00")
        publishing(admin)


@unit_of_work
def _publish_at_the_opening() -> None:
    """What the files say was installed today, but in the demo's course of time at its beginning."""
    installed = update(ItemVersion).where(ItemVersion.published_by_id.is_(None))
    db.session.execute(installed.values(published_at=clock.now()))


def _course() -> Sequence[tuple[str, Callable[[Actor], object]]]:
    return (
        ("2024-01-08T10:12", lambda admin: publish(admin, _sound(RETIRED), NEW)),
        ("2024-02-21T15:40", lambda admin: _with_sheet(admin, "C01", "用工需求表", HIRING_SHEET)),
        ("2024-03-11T09:35", lambda admin: set_listed(admin, "J08", False, 1)),
        ("2024-04-16T11:05", lambda admin: _with_sheet(admin, "D01", "融资需求表", LOAN_SHEET)),
        ("2024-05-20T16:20", _known_certificates),
        ("2024-07-01T09:10", lambda admin: _edit(admin, "I03", ladder=[1, 2, 3])),
        ("2025-03-03T10:30", lambda admin: publish(admin, _sound(MARKET), NEW)),
        ("2026-03-02T14:15", lambda admin: _edit(admin, "J07", promised_days=1)),
    )


def _sound(given: Mapping[str, Any]) -> Definition:
    definition, faults = read(given)
    assert definition is not None, faults
    return definition


def _row(admin: Actor, code: str) -> ServiceItem:
    item = item_by_code(admin.park_id, code)
    assert item is not None, code
    return item


def _edit(admin: Actor, code: str, **changes: Any) -> None:
    item = _row(admin, code)
    publish(admin, _sound({**columns_of(item), **changes}), item.version)


def _with_sheet(admin: Actor, code: str, name: str, headings: Sequence[str]) -> None:
    """Offer a sheet to fill in for the item's first material."""
    folder = current_app.extensions["settings"].uploads_dir
    file = store(folder, f"{name}.xlsx", _sheet(name, headings), TEMPLATE_MAX)
    first, *rest = _row(admin, code).materials
    token = add_template(admin, file).token
    _edit(admin, code, materials=[{**first, "template": token}, *rest])


def _sheet(name: str, headings: Sequence[str]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    sheet.append(list(headings))
    for column in "ABCDEF"[: len(headings)]:
        sheet.column_dimensions[column].width = 22
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _known_certificates(admin: Actor) -> None:
    """What the department has recognised itself nobody need hand in again."""
    materials = [
        {**material, "held_by": "KGJ"} if material["name"] == "认定文件" else material
        for material in _row(admin, "F06").materials
    ]
    _edit(admin, "F06", materials=materials)
