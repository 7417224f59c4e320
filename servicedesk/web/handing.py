"""Handing in later, on the page of a request: the same form on the portal and at the desk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from flask import abort, request
from flask_babel import gettext as _

from servicedesk.core.authorization import Standing
from servicedesk.core.materials import LETTER_NAME, OUTSTANDING, Slot
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.errors import Refused
from servicedesk.materials.actions import Wish, hand_in
from servicedesk.materials.models import Authorization
from servicedesk.materials.queries import (
    Handed,
    Kept,
    folder,
    letter_of,
    letters_for,
    letters_of,
    materials_of,
    offers,
    today,
)
from servicedesk.tickets.models import Ticket, Upload
from servicedesk.web.access import actor
from servicedesk.web.files import keep_all


@dataclass(slots=True)
class HandIn:
    """One outstanding material with what can be done about it."""

    handed: Handed
    offers: Sequence[Kept]
    kept: Sequence[Upload] = ()
    failed: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Materials:
    """The materials of a request as its page shows them."""

    handed: Sequence[Handed]
    outstanding: Sequence[HandIn]

    @property
    def lapsed(self) -> bool:
        """Was a promise broken that nobody has repaired?"""
        return any(one.row.lapsed_at and not one.row.repaired_at for one in self.handed)


def materials_on(ticket: Ticket, tried: HandIn | None = None) -> Materials:
    """Return what a request's page shows; ``tried`` is the form that came back."""
    handed = materials_of(ticket.id)
    waiting = [
        one
        for one in handed
        if one.row.state in OUTSTANDING and one.row.asks != LETTER_NAME  # a letter is signed
    ]
    kept = folder(_enterprise(ticket)) if waiting else []
    return Materials(handed, [_offer(one, kept, tried) for one in waiting])


def _offer(one: Handed, kept: Sequence[Kept], tried: HandIn | None) -> HandIn:
    if tried is not None and tried.handed.row.id == one.row.id:
        return tried
    return HandIn(one, offers(kept, one.row.asks))


def _enterprise(ticket: Ticket) -> Enterprise:
    return get_enterprise(ticket.enterprise_id) or abort(404)


def take_in(ticket: Ticket, material_id: int) -> HandIn | None:
    """Hand in what the form brings; returns the form again where it was refused."""
    handed = next((one for one in materials_of(ticket.id) if one.row.id == material_id), None)
    if handed is None:
        abort(404)
    kept, failed = keep_all()
    tried = HandIn(handed, offers(folder(_enterprise(ticket)), handed.row.asks), kept, failed)
    if failed:
        return tried
    try:
        hand_in(actor(), material_id, _wish(kept))
    except Refused as refused:
        tried.failed.append(_(refused.reason))
        return tried
    return None


def _wish(kept: Sequence[Upload]) -> Wish:
    number = request.form.get("document", "")
    document = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
    if kept:
        choice = Slot.GIVEN
    elif request.form.get("held") == "1":
        choice = Slot.HELD
    else:
        choice = Slot.KEPT
    return Wish(
        "", choice, uploads=[upload.token for upload in kept], document_id=document,
        keep=request.form.get("keep") == "1", valid_until=_day(request.form.get("until", "")),
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Acting:
    """What the park may do for the enterprise in a request (代办): its valid letters, if any."""

    letters: Sequence[Authorization]
    drafts: Sequence[Authorization]

    @property
    def lacking(self) -> bool:
        """Is there no letter under which anything may be done?"""
        return not self.letters


def acting_on(ticket: Ticket, item_code: str) -> Acting | None:
    """Return the letters of a request that is acted in; ``None`` where the enterprise acts itself."""
    if not ticket.acting:
        return None
    day = today(ticket.park_id)
    drafts = [
        one
        for one in letters_of(ticket.enterprise_id)
        if item_code in one.item_codes and letter_of(one).standing(day) is Standing.UNSIGNED
    ]
    return Acting(letters_for(ticket.enterprise_id, item_code, day), drafts)
