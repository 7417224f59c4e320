"""What came of it in any range of days (成效): each figure from its feature's own register."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from servicedesk.catalogue.queries import items
from servicedesk.declarations.queries import paid_in
from servicedesk.enterprises.models import Enterprise, Title
from servicedesk.enterprises.patents import patents_in
from servicedesk.extensions import db
from servicedesk.financing.queries import granted_in, needed_in, paid_out_in
from servicedesk.hiring.queries import placed_in
from servicedesk.outreach.models import Visit
from servicedesk.outreach.queries import visited_enterprises
from servicedesk.packages.models import PackageCase
from servicedesk.problems.queries import closed_between
from servicedesk.tickets.facts import ZONE


def register_numbers(park_id: int, start: date, end: date) -> dict[str, int]:
    """Return the counted parts of every register's figure for the whole park.

    Money is in whole 万元, rounded; what is counted from tickets is not among them.
    """
    codes = [item.code for item in items(park_id)]
    return {
        "placed": _sum(placed_in(park_id, start, end)),
        "patents": len(patents_in(park_id, start, end)),
        "titles": _titles(park_id, start, end),
        "fund_need": _money(amount for _firm, amount in needed_in(park_id, start, end)),
        "credit": _money(amount for _firm, amount in granted_in(park_id, start, end)),
        "loaned": _money(amount for _firm, amount in paid_out_in(park_id, start, end)),
        "granted_money": _money(
            one.paid_amount or 0 for one in paid_in(park_id, start, end, codes)
        ),
        "visits": _visits(park_id, start, end),
        "visited": len(visited_enterprises(park_id, start, end)),
        "registered": _registered(park_id),
        "problems_closed": len(closed_between(park_id, start, end)),
        **_packages(park_id, start, end),
    }  # fmt: skip


def _sum(pairs: Iterable[tuple[int, int]]) -> int:
    return sum(int(number or 0) for _firm, number in pairs)


def _money(thousandths: Iterable[int]) -> int:
    return round(sum(thousandths) / 1000)


def _titles(park_id: int, start: date, end: date) -> int:
    query = select(func.count(Title.id)).join(Enterprise, Enterprise.id == Title.enterprise_id)
    query = query.where(Enterprise.park_id == park_id, Title.awarded_on.between(start, end))
    return db.session.scalar(query) or 0


def _visits(park_id: int, start: date, end: date) -> int:
    query = select(func.count(Visit.id)).where(
        Visit.park_id == park_id, Visit.visited_on.between(start, end)
    )
    return db.session.scalar(query) or 0


def _registered(park_id: int) -> int:
    query = select(func.count(Enterprise.id)).where(
        Enterprise.park_id == park_id, Enterprise.merged_into_id.is_(None)
    )
    return db.session.scalar(query) or 0


def _packages(park_id: int, start: date, end: date) -> dict[str, int]:
    after = datetime.combine(end + timedelta(days=1), time(), ZONE)
    query = select(PackageCase.state, func.count()).where(
        PackageCase.park_id == park_id, PackageCase.closed_at < after,
        PackageCase.closed_at >= datetime.combine(start, time(), ZONE),
    )  # fmt: skip
    rows = db.session.execute(query.group_by(PackageCase.state))
    found = {row.state: int(row[1]) for row in rows}
    return {"packages_completed": found.get("done", 0), "packages_ended": sum(found.values())}
