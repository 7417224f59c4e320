"""Where the outcome figures come from besides tickets (成效登记簿): each feature's own register.

申报 is counted from declarations, 到岗 from placements that the enterprise confirmed, 专利 from the
patents on file, 放款 from payments: never from a number that somebody typed at the end of a ticket.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date

from servicedesk.core.words import N_
from servicedesk.declarations.queries import approved_in, declared_in, paid_in
from servicedesk.enterprises.patents import patents_in
from servicedesk.financing.queries import granted_in, needed_in, paid_out_in
from servicedesk.hiring.queries import placed_in
from servicedesk.training.queries import enterprises_advised, events_held, trained_in

Amount = tuple[int, int]
"""An enterprise (0: none) and thousandths of the metric's unit."""
Register = Callable[[int, date, date, Collection[str], str], list[Amount]]
ONE = 1000


def _declared(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    found = declared_in(park_id, start, end, items, listing)
    return [(one.enterprise_id, ONE) for one in found]


def _approved(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    found = approved_in(park_id, start, end, items, listing)
    return [(one.enterprise_id, ONE) for one in found]


def _invested(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    found = approved_in(park_id, start, end, items, listing)
    return [(one.enterprise_id, one.investment or 0) for one in found]


def _paid(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    found = paid_in(park_id, start, end, items, listing)
    return [(one.enterprise_id, one.paid_amount or 0) for one in found]


def _placed(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    return [(firm, int(persons) * ONE) for firm, persons in placed_in(park_id, start, end)]


def _patented(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    return [(one.enterprise_id, ONE) for one in patents_in(park_id, start, end)]


def _held(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    return [(0, ONE) for _event in events_held(park_id, start, end, items)]


def _trained(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    return [(firm, people * ONE) for firm, people in trained_in(park_id, start, end, items)]


def _advised(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    return [(firm, ONE) for firm in sorted(enterprises_advised(park_id, start, end, items))]


def _needed(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    return needed_in(park_id, start, end)


def _granted(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    return granted_in(park_id, start, end)


def _loaned(
    park_id: int, start: date, end: date, items: Collection[str], listing: str
) -> list[Amount]:
    return paid_out_in(park_id, start, end)


REGISTERS: Mapping[str, Register] = {
    "applied": _declared,
    "recognised": _approved,
    "listed_invest": _invested,
    "granted_money": _paid,
    "placed": _placed,
    "patents": _patented,
    "events": _held,
    "trained": _trained,
    "advised": _advised,
    "fund_need": _needed,
    "credit": _granted,
    "loaned": _loaned,
}


# What each of these figures counts, in words, and by which day (指标口径).
MEANINGS: Mapping[str, str] = {
    "applied": N_("已申报的不同企业数，按申报日期计入，撤回的不计；申报不等于获批"),
    "recognised": N_("获批（入库、入选）的不同企业数，按批准日期计入"),
    "listed_invest": N_("获批申报涉及的投资合计，按批准日期计入"),
    "granted_money": N_("奖补资金实际到账，按到账日期计入"),
    "placed": N_("企业确认到岗的人数和企业数，按到岗日期计入；推荐不等于到岗"),
    "patents": N_("专利台账中授权的专利和企业数，按授权日期计入"),
    "events": N_("已举办的培训宣讲场次，按举办日期计入"),
    "trained": N_("到场签到的人次，按举办日期计入"),
    "advised": N_("签到参训或接受咨询的不同企业数，按活动、咨询日期计入"),
    "fund_need": N_("企业提出的融资需求合计，按提出日期计入"),
    "credit": N_("银行授信合计，按授信日期计入；授信不等于放款"),
    "loaned": N_("银行放款合计，按放款日期计入"),
}
