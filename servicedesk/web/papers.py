"""What templates say of materials and letters; sending a paper as Word."""

import io
from datetime import date
from typing import Any

from flask import Flask, Response, send_file
from flask_babel import gettext as _

from servicedesk.audit.actions import record_alone
from servicedesk.core.authorization import POWERS, STANDING_NAMES, Standing
from servicedesk.core.materials import KINDS, SLOT_NAMES, VALIDITY_NAMES, Slot, Validity
from servicedesk.materials.papers import PAPERS
from servicedesk.materials.queries import letter_of, today
from servicedesk.tickets.files import MEDIA_TYPES
from servicedesk.web.access import actor
from servicedesk.web.showing import locale_name


def register(app: Flask) -> None:
    """Give every template the words for materials and letters."""
    app.jinja_env.filters.update(
        calendar_day=calendar_day,
        material_name=material_name,
        slot_name=lambda state: _(SLOT_NAMES[Slot(state)]),
        kind_name=lambda kind: _(KINDS[kind].label),
        validity_name=lambda state: _(VALIDITY_NAMES[Validity(state)]),
        power_name=lambda power: _(POWERS[power]),
        letter_standing=standing,
        standing_name=lambda state: _(STANDING_NAMES[Standing(state)]),
        paper_name=lambda name: _(PAPERS[name]),
    )


def calendar_day(value: date | None) -> str:
    """Write a day: 2024年3月5日."""
    if value is None:
        return "—"
    if locale_name() == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return value.isoformat()


def material_name(material: Any) -> str:
    """Return the name of a material in the person's language, where there is one."""
    english = "" if locale_name() == "zh" else material.name_en
    return str(english or material.name)


def standing(letter: Any) -> Standing:
    """Return how a letter stands today."""
    return letter_of(letter).standing(today(actor().park_id))


def send_paper(content: bytes, name: str) -> Response:
    """Send a Word file as a download; that it was taken out is in the audit trail."""
    record_alone(actor(), "paper.export", "paper", name, rows=1)
    return send_file(
        io.BytesIO(content), mimetype=MEDIA_TYPES[".docx"], as_attachment=True,
        download_name=f"{name}.docx",
    )  # fmt: skip
