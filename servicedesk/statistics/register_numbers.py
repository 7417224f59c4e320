"""The counted parts of the figures that go by a register (``Basis.REGISTER``), for any days.

Each feature counts its own register; nothing is typed in. It takes eleven statements, and none while
no register changes.
"""

from collections.abc import Mapping

from servicedesk.declarations.queries import money_paid_in
from servicedesk.enterprises.patents import patent_count_in
from servicedesk.enterprises.titles import titles_awarded_in
from servicedesk.financing.queries import sums_in
from servicedesk.hiring.queries import placed_in
from servicedesk.outreach.queries import coverage_in
from servicedesk.packages.queries import ended_in
from servicedesk.problems.queries import closed_count_between
from servicedesk.statistics.cutting import Span
from servicedesk.unchanged import while_unchanged

MONEY = ("fund_need", "credit", "loaned", "granted_money")
THOUSAND = 1000


@while_unchanged
def register_amounts(park_id: int, span: Span) -> Mapping[str, int]:
    """Return every part; money is in thousandths of 万元, as the registers keep it and sums stay exact."""
    start, end = span.start, span.end
    money = sums_in(park_id, start, end)
    visits = coverage_in(park_id, start, end)
    ended, completed = ended_in(park_id, start, end)
    return {
        "placed": sum(people for _firm, people in placed_in(park_id, start, end)),
        "patents": patent_count_in(park_id, start, end),
        "titles": titles_awarded_in(park_id, start, end),
        "fund_need": money.needed,
        "credit": money.granted,
        "loaned": money.paid,
        "granted_money": money_paid_in(park_id, start, end),
        "visits": visits.visits,
        "visited": visits.visited,
        "registered": visits.registered,
        "problems_closed": closed_count_between(park_id, start, end),
        "packages_completed": completed,
        "packages_ended": ended,
    }


def register_numbers(park_id: int, span: Span) -> Mapping[str, float]:
    """Return every part in its plain unit, money in 万元: what ``core.figures.value_of`` takes."""
    found: dict[str, float] = dict(register_amounts(park_id, span))
    return found | {name: found[name] / THOUSAND for name in MONEY}


def rows_behind(figure: str, span: Span) -> str:
    """Return the address of the list whose rows are exactly what the figure counts."""
    days = f"since={span.start}&until={span.end}"
    if figure in ("visits", "coverage_rate"):
        return f"/desk/visits?{days}"
    return f"/insight/register?figure={figure}&{days}"
