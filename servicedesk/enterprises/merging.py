"""Two files of one enterprise become one (查重合并): looking for them, and merging."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.enterprises import Identity, Likeness, likeness, pairs, search_text
from servicedesk.core.permissions import PART_PERMISSIONS, Actor, Part, Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.corrections import open_correction
from servicedesk.enterprises.folding import Folded, count_referring, fold, table_of
from servicedesk.enterprises.models import Enterprise, Membership, NotDuplicate
from servicedesk.enterprises.profile import DENIED, EDITABLE
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.statistics.marks import mark_tickets
from servicedesk.tickets import search
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files that may be one enterprise, and why."""

    first: Enterprise
    second: Enterprise
    like: Likeness


def identity_of(one: Any) -> Identity:
    """Return what is compared of a file."""
    return Identity(one.name, one.credit_code, one.phone, one.legal_representative)


def duplicates(park_id: int) -> list[Pair]:
    """Return the likely duplicates of a park, best first, but for those somebody has set apart."""
    query = select(
        Enterprise.id, Enterprise.name, Enterprise.credit_code, Enterprise.phone,
        Enterprise.legal_representative,
    ).where(Enterprise.park_id == park_id, Enterprise.merged_into_id.is_(None))  # fmt: skip
    identities = {row.id: identity_of(row) for row in db.session.execute(query)}
    apart = {
        (row.first_id, row.second_id)
        for row in db.session.execute(select(NotDuplicate.first_id, NotDuplicate.second_id))
    }
    found = [one for one in pairs(identities) if (one[0], one[1]) not in apart][:SHOWN]
    numbers = {number for one in found for number in one[:2]}
    files = {
        one.id: one
        for one in db.session.scalars(select(Enterprise).where(Enterprise.id.in_(numbers)))
    }
    return [Pair(files[first], files[second], like) for first, second, like in found]


@unit_of_work
def set_apart(actor: Actor, one_id: int, other_id: int) -> None:
    """Somebody has looked: these are two enterprises. A second time changes nothing.

    Raises:
        Refused: not permitted.
    """
    first_id, second_id = sorted((one_id, other_id))
    for number in (first_id, second_id):
        _permit(actor, db.session.get_one(Enterprise, number))
    known = select(NotDuplicate.id).where(
        NotDuplicate.first_id == first_id, NotDuplicate.second_id == second_id
    )
    if db.session.scalar(known) is None:
        db.session.add(
            NotDuplicate(
                first_id=first_id, second_id=second_id, decided_by_id=actor.user_id or 0,
                decided_at=clock.now(),
            )
        )  # fmt: skip
        record(actor, "enterprise.set_apart", "enterprise", first_id, after={"other": second_id})


def _permit(actor: Actor, enterprise: Enterprise) -> None:
    if not allows(actor, "enterprise.merge", Subject(enterprise.park_id, enterprise.id)):
        raise Refused(DENIED, kind="permission")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do: values that the kept file gains, rows that move, by table."""

    like: Likeness
    gains: Mapping[str, Any]
    differs: Mapping[str, tuple[Any, Any]]
    moves: Mapping[str, int]


def preview(kept: Enterprise, gone: Enterprise) -> Preview:
    """Return what merging ``gone`` into ``kept`` would do; nothing is changed."""
    like = likeness(identity_of(kept), identity_of(gone))
    gains = _gains(kept, gone)
    differs = {
        name: (getattr(kept, name), getattr(gone, name))
        for name in EDITABLE
        if name not in gains
        and getattr(gone, name) not in (None, "", False)
        and getattr(kept, name) != getattr(gone, name)
    }
    return Preview(like, gains, differs, count_referring(table_of(Enterprise), gone.id))


def _gains(kept: Enterprise, gone: Enterprise) -> dict[str, Any]:
    """What the kept file lacks it takes from the other."""
    names = (*EDITABLE, "service_officer_id")
    return {
        name: getattr(gone, name)
        for name in names
        if name != "in_trouble"
        and getattr(kept, name) in (None, "")
        and getattr(gone, name) not in (None, "")
    }


@unit_of_work
def merge(actor: Actor, kept_id: int, gone_id: int, seen: tuple[int, int] | None = None) -> Folded:
    """Make the file ``gone_id`` a part of ``kept_id``: all that hangs on it moves, its address leads on.

    ``seen`` are the versions that the preview showed, of the kept and of the other. The counts of
    the months in which its tickets were filed or resolved are marked, for 家 are distinct.

    Raises:
        Refused: not permitted, one file twice, or one of them merged already.
        Conflict: one of them has changed since the preview.
    """
    kept, gone = _both(actor, kept_id, gone_id)
    if seen is not None and (kept.version, gone.version) != seen:
        raise Conflict(seen[0], kept.version)
    gains = _gains(kept, gone)
    before = {name: str(getattr(gone, name)) for name in (*EDITABLE, "standing")}
    mark_tickets(select(Ticket.park_id, Ticket.id).where(Ticket.enterprise_id == gone_id))
    _keep_stronger_parts(kept_id, gone_id)
    _end_corrections(actor, gone_id)
    _forget_pairs(kept_id, gone_id)
    if "credit_code" in gains:
        gone.credit_code = None
        db.session.flush()  # before the other takes it: a code stands once
        kept.standing = gone.standing
    for name, value in gains.items():
        setattr(kept, name, value)
    kept.in_trouble = kept.in_trouble or gone.in_trouble
    gone.merged_into_id = kept_id
    for one in (kept, gone):
        one.version += 1
    kept.search_text = f"{search_text(kept.name)} {search_text(gone.name)}"
    folded = fold(table_of(Enterprise), gone_id, kept_id)
    search.refresh(kept_id)
    record(
        actor, "enterprise.merge", "enterprise", gone_id, before,
        {"merged_into": kept_id, "moved": folded.moved, "dropped": folded.dropped},
    )  # fmt: skip
    record(
        actor, "enterprise.merge_in", "enterprise", kept_id,
        after={"merged": gone_id, "name": before["name"], "gained": sorted(gains)},
    )  # fmt: skip
    return folded


def _both(actor: Actor, kept_id: int, gone_id: int) -> tuple[Enterprise, Enterprise]:
    """Return both files, locked in one order, whoever comes first."""
    if kept_id == gone_id:
        raise Refused(N_("请选择两份不同的档案。"))
    locked = {
        number: db.session.get_one(Enterprise, number, with_for_update=True, populate_existing=True)
        for number in sorted((kept_id, gone_id))
    }
    for one in locked.values():
        _permit(actor, one)
        if one.merged_into_id is not None:
            raise Refused(N_("其中一份档案已经合并过了。"))
    if locked[kept_id].park_id != locked[gone_id].park_id:
        raise Refused(DENIED, kind="permission")
    return locked[kept_id], locked[gone_id]


def _keep_stronger_parts(kept_id: int, gone_id: int) -> None:
    """Who is in both keeps the part that may do more."""
    query = select(Membership).where(Membership.enterprise_id.in_((kept_id, gone_id)))
    by_user: dict[int, list[Membership]] = {}
    for membership in db.session.scalars(query):
        by_user.setdefault(membership.user_id, []).append(membership)
    for both in by_user.values():
        strongest = max(both, key=lambda one: len(PART_PERMISSIONS[Part(one.part)])).part
        for membership in both:
            membership.part = strongest


def _end_corrections(actor: Actor, gone_id: int) -> None:
    """What was proposed for the file that goes is about a file that is no more."""
    waiting = open_correction(gone_id)
    if waiting is not None:
        waiting.state, waiting.decided_by_id = "refused", actor.user_id
        waiting.decided_at, waiting.reason = (
            clock.now(),
            N_("档案已合并，请按合并后的档案重新提出。"),
        )


def _forget_pairs(kept_id: int, gone_id: int) -> None:
    """Whom the file that goes was told apart from, the kept one is; the two are one by now."""
    query = select(NotDuplicate).where(
        or_(NotDuplicate.first_id == gone_id, NotDuplicate.second_id == gone_id)
    )
    for row in db.session.scalars(query).all():
        other = row.first_id + row.second_id - gone_id
        wanted = sorted((other, kept_id))
        known = select(NotDuplicate.id).where(
            NotDuplicate.first_id == wanted[0], NotDuplicate.second_id == wanted[1]
        )
        if other == kept_id or db.session.scalar(known) is not None:
            db.session.delete(row)
        else:
            row.first_id, row.second_id = wanted
        db.session.flush()
