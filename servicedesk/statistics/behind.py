"""The tickets behind a figure (数字背后的工单): the same facts and conditions that were counted."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select

from servicedesk.core.figures import BY_KEY, Basis
from servicedesk.statistics.cutting import Cut, Span, holds, in_span, joined
from servicedesk.statistics.fact_models import TicketFact as Fact


def tickets_behind(park_id: int, figure: str, span: Span, cut: Cut, now: datetime) -> Select[int]:
    """Return a statement for the ticket numbers (rows) that a figure counts; a rate's are its whole.

    Raises:
        KeyError: there is no such figure, or it is not counted from tickets.
    """
    basis = BY_KEY[figure].basis
    if basis not in (Basis.SUBMITTED, Basis.RESOLVED):
        raise KeyError(figure)
    query = joined(select(Fact.ticket_id), cut, None)
    found: Select[int] = query.where(
        *in_span(park_id, span, basis), *holds(cut), *_counted(figure, now)
    )
    return found


def _counted(figure: str, now: datetime) -> list[ColumnElement[bool]]:
    over = Fact.response_due_at < func.coalesce(Fact.ended_at, now)
    conditions: dict[str, ColumnElement[bool]] = {
        "response_rate": or_(Fact.responded_at.is_not(None), over),
        "resolution_rate": Fact.answered.is_(True),
        "satisfaction_rate": Fact.rating.is_not(None),
        "rectified_rate": Fact.rectified.is_not(None),
        "false_resolutions": Fact.false_resolution.is_(True),
        "reopenings": Fact.reopenings > 0,
        "repeated": Fact.repeated.is_(True),
        "response_median_minutes": Fact.response_minutes.is_not(None),
        "response_p90_minutes": Fact.response_minutes.is_not(None),
        "response_mean_minutes": Fact.response_minutes.is_not(None),
        "median_minutes": Fact.used_minutes.is_not(None),
        "p90_minutes": Fact.used_minutes.is_not(None),
        "mean_minutes": Fact.used_minutes.is_not(None),
        "saved_minutes": Fact.saved_minutes.is_not(None),
        "returns_each": Fact.returns > 0,
        "extensions": Fact.extensions > 0,
        "supplements": Fact.supplements > 0,
        "level_1": Fact.level >= 1,
        "level_2": Fact.level >= 2,
        "level_3": Fact.level >= 3,
        "urges": Fact.urges > 0,
    }
    return [conditions[figure]] if figure in conditions else []
