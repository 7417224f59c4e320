"""The entries of the registers behind a figure (登记簿明细), for any days: their sum is the figure.

Each row names an enterprise or says what it is; money is in thousandths of 万元, as the registers keep it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from servicedesk.declarations.queries import paid_of_all
from servicedesk.enterprises.patents import patents_in
from servicedesk.enterprises.queries import names
from servicedesk.enterprises.titles import titles_in
from servicedesk.financing.queries import granted_in, needed_in, paid_out_in
from servicedesk.hiring.queries import placed_in
from servicedesk.packages.queries import cases_ended_in
from servicedesk.problems.queries import closed_between
from servicedesk.statistics.cutting import Span


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One entry: of an enterprise (or of none), what it is where that says more, how much it adds."""

    enterprise_id: int | None
    enterprise: str
    what: str
    amount: int


Entry = tuple[int | None, str, int]
Register = Callable[[int, date, date], list[Entry]]


def _titles(park_id: int, start: date, end: date) -> list[Entry]:
    return [(one.enterprise_id, one.name, 1) for one in titles_in(park_id, start, end)]


def _patents(park_id: int, start: date, end: date) -> list[Entry]:
    return [(one.enterprise_id, one.number, 1) for one in patents_in(park_id, start, end)]


def _paid(park_id: int, start: date, end: date) -> list[Entry]:
    return [
        (one.enterprise_id, name, one.paid_amount or 0)
        for one, name in paid_of_all(park_id, start, end)
    ]


def _problems(park_id: int, start: date, end: date) -> list[Entry]:
    return [(None, f"{one.number} {one.title}", 1) for one in closed_between(park_id, start, end)]


def _cases(park_id: int, start: date, end: date) -> list[Entry]:
    return [
        (one.enterprise_id, f"{one.number} {one.name}", int(whole))
        for one, whole in cases_ended_in(park_id, start, end)
    ]


def _of(pairs: Callable[[int, date, date], Sequence[tuple[int, int]]]) -> Register:
    return lambda park_id, start, end: [(firm, "", n) for firm, n in pairs(park_id, start, end)]


REGISTERS: Mapping[str, Register] = {
    "placed": _of(placed_in),
    "patents": _patents,
    "titles": _titles,
    "fund_need": _of(needed_in),
    "credit": _of(granted_in),
    "loaned": _of(paid_out_in),
    "granted_money": _paid,
    "problems_closed": _problems,
    "packages_rate": _cases,
}
"""The register of each figure; visits have a list of their own for any days."""


def register_rows(park_id: int, figure: str, span: Span) -> list[RegisterRow]:
    """Return the entries that a figure counts, the largest first.

    Raises:
        KeyError: it is not the figure of a register that is listed here.
    """
    found = REGISTERS[figure](park_id, span.start, span.end)
    known = names(firm for firm, _what, _amount in found if firm is not None)
    rows = [
        RegisterRow(firm, known.get(firm or 0, ""), what, amount) for firm, what, amount in found
    ]
    return sorted(rows, key=lambda row: (-row.amount, row.enterprise, row.what))
