"""The desk's lists of letters, documents, deferred materials and originals: filters, sorts, pages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, tuple_

from servicedesk.accounts.models import User
from servicedesk.core.authorization import WARN_DAYS
from servicedesk.core.materials import OUTSTANDING, REMIND_DAYS, SOON_DAYS, Slot
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.materials.models import Authorization, Document, Original, TicketMaterial
from servicedesk.materials.queries import today
from servicedesk.streaming import streamed
from servicedesk.tickets.models import Ticket, Upload

PAGE = 50
Names = Mapping[str, str]
Rows = Select[*tuple[Any, ...]]

LETTER_STATES: Names = {
    "unsigned": N_("待签署"),
    "valid": N_("有效"),
    "ending": N_("七日内到期"),
    "expired": N_("已到期"),
    "revoked": N_("已撤销"),
}
LETTER_SORTS: Names = {"newest": N_("最新起草"), "ends": N_("最早到期")}
DOCUMENT_STATES: Names = {
    "current": N_("在用"),
    "soon": N_("三十日内到期"),
    "expired": N_("已过期"),
}
DOCUMENT_SORTS: Names = {"newest": N_("最新存入"), "ends": N_("最早到期")}
DEFERRED_STATES: Names = {
    "open": N_("容缺待补"),
    "soon": N_("三日内到期"),
    "lapsed": N_("逾期未修复"),
    "repaired": N_("已修复"),
    "missing": N_("待补"),
}
DEFERRED_SORTS: Names = {"ends": N_("最早到期"), "newest": N_("最新")}
ORIGINAL_STATES: Names = {
    "held": N_("在园区"),
    "overdue": N_("委托已终止未退还"),
    "returned": N_("已退还"),
}
ORIGINAL_SORTS: Names = {"newest": N_("最新接收"), "ends": N_("委托最早到期")}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for; ``after`` is the key of the last row that was shown."""

    state: str = ""
    q: str = ""
    kind: str = ""
    sort: str = "newest"
    after: str = ""
    enterprise: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of rows and the key of the next one."""

    rows: Sequence[Row[*tuple[Any, ...]]]
    after: str = ""


Conditions = Mapping[str, Callable[[date], ColumnElement[bool]]]
_drawn = Authorization.revoked_at.is_(None)
_signed = and_(_drawn, Authorization.signed_at.is_not(None))
LETTER_CONDITIONS: Conditions = {
    "unsigned": lambda day: and_(
        _drawn, Authorization.signed_at.is_(None), Authorization.ends_on >= day
    ),
    "valid": lambda day: and_(
        _signed, Authorization.starts_on <= day, Authorization.ends_on >= day
    ),
    "ending": lambda day: and_(
        _signed,
        Authorization.starts_on <= day,
        Authorization.ends_on.between(day, day + timedelta(days=WARN_DAYS)),
    ),
    "expired": lambda day: and_(_drawn, Authorization.ends_on < day),
    "revoked": lambda day: Authorization.revoked_at.is_not(None),
}
DOCUMENT_CONDITIONS: Conditions = {
    "current": lambda day: or_(Document.valid_until.is_(None), Document.valid_until >= day),
    "soon": lambda day: Document.valid_until.between(day, day + timedelta(days=SOON_DAYS)),
    "expired": lambda day: Document.valid_until < day,
}
_owed = and_(TicketMaterial.state == Slot.DEFERRED, TicketMaterial.lapsed_at.is_(None))
DEFERRED_CONDITIONS: Conditions = {
    "open": lambda day: _owed,
    "soon": lambda day: and_(_owed, TicketMaterial.due_on <= day + timedelta(days=REMIND_DAYS)),
    "lapsed": lambda day: and_(
        TicketMaterial.lapsed_at.is_not(None), TicketMaterial.repaired_at.is_(None)
    ),
    "repaired": lambda day: TicketMaterial.repaired_at.is_not(None),
    "missing": lambda day: TicketMaterial.state == Slot.MISSING,
}
ORIGINAL_CONDITIONS: Conditions = {
    "held": lambda day: Original.returned_at.is_(None),
    "overdue": lambda day: and_(
        Original.returned_at.is_(None),
        or_(Authorization.revoked_at.is_not(None), Authorization.ends_on < day),
    ),
    "returned": lambda day: Original.returned_at.is_not(None),
}


@dataclass(frozen=True, slots=True)
class _List:
    """What a list reads: its rows, its states, the number of a row, what ends it, its texts."""

    rows: Rows
    conditions: Conditions
    key: Any
    ends: Any
    named: Sequence[Any]


LETTERS = _List(
    select(Authorization, Enterprise.name, User.name.label("agent"))
    .join(Enterprise, Enterprise.id == Authorization.enterprise_id)
    .join(User, User.id == Authorization.agent_id),
    LETTER_CONDITIONS, Authorization.id, Authorization.ends_on, (Authorization.number,),
)  # fmt: skip
DOCUMENTS = _List(
    select(Document, Enterprise.name, Upload)
    .join(Enterprise, Enterprise.id == Document.enterprise_id)
    .join(Upload, Upload.id == Document.upload_id)
    .where(Document.replaced_by_id.is_(None), Document.withdrawn_at.is_(None)),
    DOCUMENT_CONDITIONS, Document.id, Document.valid_until, (Document.name,),
)  # fmt: skip
DEFERRED = _List(
    select(TicketMaterial, Enterprise.name, Ticket)
    .join(Enterprise, Enterprise.id == TicketMaterial.enterprise_id)
    .join(Ticket, Ticket.id == TicketMaterial.ticket_id)
    .where(or_(TicketMaterial.state.in_(OUTSTANDING), TicketMaterial.lapsed_at.is_not(None))),
    DEFERRED_CONDITIONS, TicketMaterial.id, TicketMaterial.due_on,
    (TicketMaterial.name, Ticket.number),
)  # fmt: skip
ORIGINALS = _List(
    select(Original, Enterprise.name, Authorization)
    .join(Authorization, Authorization.id == Original.letter_id)
    .join(Enterprise, Enterprise.id == Authorization.enterprise_id),
    ORIGINAL_CONDITIONS, Original.id, Authorization.ends_on,
    (Original.name, Authorization.number),
)  # fmt: skip


def letters(park_id: int, wanted: Wanted) -> Found:
    """Return one page of letters with their enterprise's and their agent's name."""
    return _page(LETTERS, park_id, wanted)


def every_letter(park_id: int, wanted: Wanted) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield all letters of a list, for its export."""
    return streamed(_narrowed(LETTERS, park_id, wanted))


def documents(park_id: int, wanted: Wanted) -> Found:
    """Return one page of current documents with their file and their enterprise's name."""
    return _page(DOCUMENTS, park_id, wanted)


def every_document(park_id: int, wanted: Wanted) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield all documents of a list, for its export."""
    return streamed(_narrowed(DOCUMENTS, park_id, wanted))


def deferred(park_id: int, wanted: Wanted) -> Found:
    """Return one page of the materials that are still to come, or whose promise was broken."""
    return _page(DEFERRED, park_id, wanted)


def every_deferred(park_id: int, wanted: Wanted) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield all deferred materials of a list, for its export."""
    return streamed(_narrowed(DEFERRED, park_id, wanted))


def originals(park_id: int, wanted: Wanted) -> Found:
    """Return one page of the originals that the park took over, with their letter."""
    return _page(ORIGINALS, park_id, wanted)


def every_original(park_id: int, wanted: Wanted) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield all originals of a list, for its export."""
    return streamed(_narrowed(ORIGINALS, park_id, wanted))


def _page(chosen: _List, park_id: int, wanted: Wanted) -> Found:
    ends = chosen.ends if wanted.sort == "ends" else None
    query = _after(_narrowed(chosen, park_id, wanted), wanted.after, chosen.key, ends)
    rows = db.session.execute(query.limit(PAGE + 1)).all()
    if len(rows) <= PAGE:
        return Found(rows)
    return Found(rows[:PAGE], _key(rows[PAGE - 1][0], rows[PAGE - 1], ends))


def _narrowed(chosen: _List, park_id: int, wanted: Wanted) -> Rows:
    """Narrow and sort: the newest first, or by the day on which something ends."""
    query = chosen.rows.where(Enterprise.park_id == park_id)
    if wanted.enterprise is not None:
        query = query.where(Enterprise.id == wanted.enterprise)
    if wanted.kind and chosen is DOCUMENTS:
        query = query.where(Document.kind == wanted.kind)
    if wanted.state in chosen.conditions:
        query = query.where(chosen.conditions[wanted.state](today(park_id)))
    if wanted.q:
        texts = (Enterprise.name, *chosen.named)
        query = query.where(or_(*(one.contains(wanted.q, autoescape=True) for one in texts)))
    if wanted.sort == "ends":
        return query.where(chosen.ends.is_not(None)).order_by(chosen.ends, chosen.key)
    return query.order_by(chosen.key.desc())


def _after(query: Rows, after: str, key: Any, ends: Any) -> Rows:
    day, _dash, number = after.rpartition("~")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        return query
    if ends is None:
        return query.where(key < int(number))
    try:
        return query.where(tuple_(ends, key) > (date.fromisoformat(day), int(number)))
    except ValueError:
        return query


def _key(first: Any, row: Row[*tuple[Any, ...]], ends: Any) -> str:
    if ends is None:
        return str(first.id)
    holder = first if isinstance(first, ends.class_) else row[2]
    return f"{getattr(holder, ends.key).isoformat()}~{first.id}"
