"""The slots of a filing form (材料): one place for each material, shared by the portal and the desk.

Each offers what lies in the enterprise's folder, uploading, deferring, or what the park has already.
What was chosen and uploaded survives a refused form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.materials import Material
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import materials_for, materials_of
from servicedesk.core.materials import CHOICES, LETTER_NAME, Slot, latest_due
from servicedesk.core.permissions import Role
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.materials.actions import PROMISE, Wish
from servicedesk.materials.queries import (
    Kept,
    folder,
    lapses,
    letters_for,
    offers,
    today,
)
from servicedesk.tickets.models import Upload
from servicedesk.web.access import actor
from servicedesk.web.files import keep_all

FILES_MAX = 5
LABELS: Mapping[Slot, str] = {
    Slot.KEPT: N_("用材料库里的"),
    Slot.GIVEN: N_("现在上传"),
    Slot.DEFERRED: N_("容缺，过几天补"),
    Slot.HELD: N_("园区已有，不用交"),
}


@dataclass(slots=True)
class SlotField:
    """One material on the form; ``name`` begins all of its inputs."""

    name: str
    material: Material
    offers: Sequence[Kept]
    choices: Sequence[Slot]
    chosen: Slot
    document_id: int | None = None
    kept: Sequence[Upload] = ()
    tokens: Sequence[str] = ()
    failed: list[str] = field(default_factory=list)
    keep: bool = True
    until: str = ""
    due: str = ""
    help: bool = False
    error: str = ""

    def label(self, choice: Slot) -> str:
        """Return a choice in words."""
        return _(LABELS[choice])


@dataclass(slots=True)
class Slots:
    """All slots of one form, and what belongs to all of them."""

    fields: Sequence[SlotField]
    confidential: bool
    lapsed: bool
    letters: Sequence[Any]
    promised: bool
    first_due: date
    last_due: date
    letter: Material | None = None
    asked: Sequence[SlotField] = ()

    @property
    def promise(self) -> str:
        """The words of the promise that a deferred material needs."""
        return _(PROMISE)

    @property
    def deferrable(self) -> bool:
        """Can anything on this form be deferred?"""
        return any(Slot.DEFERRED in one.choices for one in self.fields)

    @property
    def wrong(self) -> list[SlotField]:
        """The slots that must be put right."""
        return [one for one in self.fields if one.failed or one.error]

    def wishes(self) -> list[Wish]:
        """Return what is wished for the materials that these answers ask for.

        The letter of authorization is asked for only where the park is to act; a valid one in the
        system fills its place, until then it is missing.
        """
        wishes = [_wish(one, self.promised) for one in self.asked]
        if self.letter is not None and request.form.get("acting") == "1":
            wishes.append(Wish(self.letter.name, Slot.GIVEN, asks=self.letter.document))
        return wishes

    def put(self, place: str, reason: str) -> bool:
        """Put a refusal of ``material-N`` to its slot; tells whether it was one."""
        start, _dash, number = place.partition("-")
        if start != "material" or not number.isdigit() or int(number) >= len(self.asked):
            return False
        self.asked[int(number)].error = reason
        return True


def asks_to_act(item: ServiceItem) -> bool:
    """Tell whether the form asks the park to act (代办) in an item where that can be asked."""
    return item.authorization != "none" and request.form.get("acting") == "1"


def blank(item: ServiceItem, enterprise: Enterprise) -> Slots:
    """Return the slots of a form that is opened: the folder's documents are chosen already."""
    return _slots(item, enterprise)


def sent(item: ServiceItem, enterprise: Enterprise, answers: Mapping[str, Any]) -> Slots:
    """Return the slots as a form sent them, new files kept; only what ``answers`` ask for counts."""
    found = _slots(item, enterprise)
    wanted = {material.name for material in materials_for(item, answers)}
    found.asked = [one for one in found.fields if one.material.name in wanted]
    found.promised = request.form.get("material-promise") == "1"
    for one in found.fields:
        _read(one)
    return found


def _slots(item: ServiceItem, enterprise: Enterprise) -> Slots:
    day, kept = today(enterprise.park_id), folder(enterprise)
    lapsed = bool(lapses(enterprise.id))
    fields = [
        _field(index, material, kept, lapsed)
        for index, material in enumerate(materials_of(item))
        if material.document != LETTER_NAME
    ]
    letter = next((one for one in materials_of(item) if one.document == LETTER_NAME), None)
    return Slots(
        fields=fields, confidential=item.confidential, lapsed=lapsed,
        letters=letters_for(enterprise.id, item.code, day), promised=False,
        first_due=day + timedelta(days=1),
        last_due=latest_due(calendar(enterprise.park_id), day), letter=letter,
    )  # fmt: skip


def _field(index: int, material: Material, kept: Sequence[Kept], lapsed: bool) -> SlotField:
    found = offers(kept, material.document)
    held = bool(material.held_by)
    there = {
        Slot.KEPT: bool(found),
        Slot.GIVEN: True,
        Slot.DEFERRED: material.deferrable and not lapsed,
        Slot.HELD: held or actor().role is not Role.REQUESTER,
    }
    choices = [choice for choice in CHOICES if there[choice]]
    chosen = Slot.HELD if held else choices[0]
    return SlotField(f"material{index}", material, found, choices, chosen)


def _read(one: SlotField) -> None:
    form = request.form
    choice = form.get(f"{one.name}-choice", "")
    one.chosen = Slot(choice) if choice in CHOICES else Slot.GIVEN
    number = form.get(f"{one.name}-document", "")
    one.document_id = int(number) if number.isascii() and number.isdigit() else None
    one.keep = form.get(f"{one.name}-keep") == "1"
    one.help = form.get(f"{one.name}-help") == "1"
    one.until, one.due = form.get(f"{one.name}-until", ""), form.get(f"{one.name}-due", "")
    one.kept, one.failed = keep_all(f"{one.name}-uploads", f"{one.name}-files")
    named = list(dict.fromkeys(form.getlist(f"{one.name}-uploads")))
    new = [upload.token for upload in one.kept if upload.token not in named]
    one.tokens = [*named, *new][:FILES_MAX] if one.chosen is Slot.GIVEN else ()
    for text in (one.until, one.due):
        if text and _day(text) is None:
            one.error = _("请填写正确的日期。")


def _wish(one: SlotField, promised: bool) -> Wish:
    return Wish(
        name=one.material.name, choice=one.chosen, asks=one.material.document,
        deferrable=one.material.deferrable, held=bool(one.material.held_by),
        uploads=one.tokens,
        document_id=one.document_id if one.chosen is Slot.KEPT else None,
        due_on=_day(one.due) if one.chosen is Slot.DEFERRED else None,
        promised=promised, help=one.help,
        keep=one.keep, valid_until=_day(one.until) if one.tokens else None,
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
