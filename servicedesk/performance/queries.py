"""Reading the versions of the weights, and the notes that contest results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import select

from servicedesk.core.performance import BY_KEY, DEFAULT_WEIGHTS
from servicedesk.extensions import db
from servicedesk.performance.models import PerformanceNote, PerformanceWeights
from servicedesk.statistics.cutting import Span
from servicedesk.tickets.facts import ZONE
from servicedesk.unchanged import while_unchanged


class Kind(StrEnum):
    """Whose result it is (考核对象)."""

    UNIT = "unit"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Weights:
    """One version of the weights as the formula takes it."""

    version: int
    values: Mapping[str, int]


DEFAULT = Weights(1, DEFAULT_WEIGHTS)


def versions(park_id: int) -> Sequence[PerformanceWeights]:
    """Return the published versions, newest first; none where nobody has published any."""
    query = select(PerformanceWeights).where(PerformanceWeights.park_id == park_id)
    return db.session.scalars(query.order_by(PerformanceWeights.version.desc())).all()


def current_weights(park_id: int) -> Weights:
    """Return the newest version."""
    known = versions(park_id)
    return _weights(known[0]) if known else DEFAULT


@while_unchanged
def _published(park_id: int) -> Sequence[tuple[datetime, Weights]]:
    return tuple((row.published_at, _weights(row)) for row in versions(park_id))


def weights_for(park_id: int, span: Span) -> Weights:
    """Return the version that holds for a period: the newest published by the end of its last day.

    Whoever is measured knows the weights before the period ends; no later version changes a result.
    """
    end = datetime.combine(span.end + timedelta(days=1), time(), ZONE)
    for published_at, weights in _published(park_id):
        if published_at < end or weights.version == 1:
            return weights
    return DEFAULT


def _weights(row: PerformanceWeights) -> Weights:
    return Weights(row.version, {key: int(row.values.get(key, 0)) for key in BY_KEY})


def note(park_id: int, note_id: int) -> PerformanceNote | None:
    """Return one note of the park, or ``None``."""
    found = db.session.get(PerformanceNote, note_id)
    return found if found is not None and found.park_id == park_id else None


def notes_on(park_id: int, kind: Kind, subject_id: int, span: Span) -> Sequence[PerformanceNote]:
    """Return the notes on one result, the oldest first."""
    query = select(PerformanceNote).where(
        PerformanceNote.park_id == park_id, PerformanceNote.subject == kind,
        PerformanceNote.subject_id == subject_id, PerformanceNote.starts_on == span.start,
        PerformanceNote.ends_on == span.end,
    )  # fmt: skip
    return db.session.scalars(query.order_by(PerformanceNote.id)).all()


def waiting_notes(park_id: int) -> Sequence[PerformanceNote]:
    """Return the notes of all periods that nobody has answered yet, the oldest first."""
    query = select(PerformanceNote).where(
        PerformanceNote.park_id == park_id, PerformanceNote.answered_at.is_(None)
    )
    return db.session.scalars(query.order_by(PerformanceNote.id)).all()


@while_unchanged
def some_note_waits(park_id: int) -> bool:
    """Tell whether there is a note that nobody has answered yet."""
    return bool(waiting_notes(park_id))


def period_of(starts_on: date, ends_on: date) -> str:
    """Return the name of a note's period: ``2024``, ``2024-Q1`` or ``2024-03``."""
    months = ends_on.month - starts_on.month + 1
    if months == 12:
        return f"{starts_on:%Y}"
    return f"{starts_on:%Y-%m}" if months == 1 else f"{starts_on:%Y}-Q{ends_on.month // 3}"
