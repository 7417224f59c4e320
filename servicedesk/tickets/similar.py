"""Finding requests that are alike (相似诉求), and open duplicates of the same enterprise.

Candidates come from three indexed reads, each bounded: the newest of the item, the newest of the
words (the search index), the open ones of the enterprise. Nothing scans the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, select

from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.similarity import Match, Matter, rank, telling_terms
from servicedesk.core.workflow import BEFORE_RESOLUTION, State
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.tickets import search
from servicedesk.tickets.listing import COLUMNS
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.views import in_states, visible

CANDIDATES = 60  # of each kind
LOOK_BACK = timedelta(days=365)
NEWEST = 20_000  # tickets among which words are looked for
SHOWN = 5
FIRM = (Enterprise.name.label("enterprise"), Enterprise.area, Enterprise.plot)
NEVER_SIMILAR = (State.MERGED, State.WITHDRAWN, State.DECLINED)


@dataclass(frozen=True, slots=True)
class Similar:
    """A ticket's row with how alike it is."""

    row: Row[Any]
    match: Match


def matter_of(ticket: Ticket, enterprise: Enterprise | None) -> Matter:
    """Return what is compared of a ticket."""
    return Matter(
        ticket.id, ticket.item_id, enterprise.area if enterprise else "",
        enterprise.plot if enterprise else "",
        telling_terms(ticket.title, ticket.description, *words_of(ticket.answers)),
        ticket.submitted_at,
    )  # fmt: skip


def words_of(answers: Mapping[str, Any]) -> list[str]:
    """Return the answers in words: places and things; numbers and dates say nothing."""
    return [value for value in answers.values() if isinstance(value, str) and not value.isascii()]


def similar_to(actor: Actor, ticket: Ticket, enterprise: Enterprise | None) -> list[Similar]:
    """Return tickets like this one that the person may see; confidential matters have none."""
    return [] if ticket.confidential else similar(actor, matter_of(ticket, enterprise))


def similar(actor: Actor, wanted: Matter, limit: int = SHOWN) -> list[Similar]:
    """Return up to ``limit`` tickets like ``wanted`` that the person may see, newest first."""
    rows = {row.id: row for query in _reads(actor, wanted) for row in db.session.execute(query)}
    rows.pop(wanted.key, None)
    others = [
        Matter(
            row.id, row.item_id, row.area, row.plot,
            telling_terms(row.title, row.description, *words_of(row.answers)), row.submitted_at,
        )
        for row in rows.values()
    ]  # fmt: skip
    return [Similar(rows[match.key], match) for match in rank(wanted, others, limit)]


def _reads(actor: Actor, wanted: Matter) -> list[Select[Any]]:
    query = (
        select(*COLUMNS, Ticket.description, Ticket.answers, *FIRM)
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .where(
            visible(actor), Ticket.confidential.is_(False), Ticket.state.not_in(NEVER_SIMILAR),
            Ticket.submitted_at >= clock.now() - LOOK_BACK,
        )
        .order_by(Ticket.id.desc())
        .limit(CANDIDATES)
    )  # fmt: skip
    reads = [query.where(Ticket.item_id == wanted.item_id)] if wanted.item_id else []
    if (found := search.any_of(wanted.terms, NEWEST)) is not None:
        reads.append(query.where(found))
    return reads


def duplicates(
    actor: Actor, enterprise_id: int, item_id: int, besides: int | None = None
) -> Sequence[Row[Any]]:
    """Return the enterprise's unresolved tickets of an item, from any channel, newest first."""
    query = select(*COLUMNS).where(
        visible(actor),
        Ticket.enterprise_id == enterprise_id,
        Ticket.item_id == item_id,
        in_states(*sorted(BEFORE_RESOLUTION)),
        Ticket.id != (besides or 0),
    )
    return db.session.execute(query.order_by(Ticket.id.desc()).limit(SHOWN)).all()
