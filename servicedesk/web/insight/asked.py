"""What a dashboard's address asks for: period, cut, breakdown, the drawn figure, order; and back."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from servicedesk.core.channels import CHANNELS
from servicedesk.core.industries import SECTIONS
from servicedesk.core.permissions import Actor
from servicedesk.core.scales import SCALES
from servicedesk.core.spans import Period, parse, to_address
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.statistics.cutting import NOT_RECORDED, Cut, Dimension
from servicedesk.statistics.dashboard import COLUMNS, MEASURES
from servicedesk.statistics.reach import own_cut, within
from servicedesk.web.desk.filters import HOURS, WEEKDAYS
from servicedesk.web.forms import person_in

TEXT_MAX = 100
DAYS_BY_DAY = 366  # a longer breakdown by day is a list, not a table
TIMES = (Dimension.MONTH, Dimension.WEEK, Dimension.DAY)
NOT_YET = N_("结束日期还没有到，下面统计到今天。")
NOT_OF_CATEGORY = N_("所选事项不属于所选类别，下面没有按事项筛选。")
NOBODY = N_("没有这样的承办人编号，下面没有按承办人筛选。")
TOO_MANY_DAYS = N_("统计期超过一年，下面改按月份分组。")


@dataclass(frozen=True, slots=True)
class Asked:
    """One view of the dashboard; ``cut`` is what the address says, before the reader's reach.

    ``otherwise`` says where the address asked for what cannot be, and what is shown in its place.
    """

    period: Period
    cut: Cut
    by: Dimension
    measure: str
    sort: str
    otherwise: tuple[str, ...] = ()

    def address(self, **changes: str) -> dict[str, str]:
        """Return the view as an address has it, with changes."""
        said = {
            **to_address(self.period), **self.cut.parameters(),
            "by": str(self.by), "measure": self.measure, "sort": self.sort,
        }  # fmt: skip
        return {name: value for name, value in {**said, **changes}.items() if value}

    def query(self) -> str:
        """Return the address as one text, the same for the same view."""
        return urlencode(sorted(self.address().items()))


def asked_from(source: Mapping[str, Any], today: date, own: Cut) -> Asked:
    """Return what an address asks for; ``own`` is the reader's reach, from which defaults follow.

    Raises:
        ValueError: it names something that there is none of.
    """
    said = {name: str(source.get(name) or "").strip()[:TEXT_MAX] for name in source}
    period = parse(said, today)
    by = Dimension(said.get("by") or default_dimension(own))
    otherwise = []
    if said.get("until") and date.fromisoformat(said["until"]) > period.end:
        otherwise.append(NOT_YET)
    if by is Dimension.DAY and period.days > DAYS_BY_DAY:
        by = Dimension.MONTH
        otherwise.append(TOO_MANY_DAYS)
    sort = _known(
        said.get("sort", ""), {"name", "-name", *COLUMNS, *(f"-{key}" for key in COLUMNS)}
    )
    person = person_in(said.get("person", ""))
    if said.get("person") and person is None:
        otherwise.append(NOBODY)
    cut = Cut(**{name: said.get(name, "") for name in _texts()}, person=person or 0)
    if not cut.item.startswith(cut.category):
        cut = replace(cut, item="")
        otherwise.append(NOT_OF_CATEGORY)
    _known(cut.channel, CHANNELS)
    _known(cut.scale, (*SCALES, NOT_RECORDED))
    _known(cut.industry, (*SECTIONS, NOT_RECORDED))
    _known(cut.weekday, WEEKDAYS)
    _known(cut.hour, HOURS)
    return Asked(
        period=period,
        cut=cut,
        by=by,
        measure=_known(said.get("measure", ""), MEASURES) or "delivered",
        sort=sort or ("name" if by in TIMES else "-delivered"),
        otherwise=tuple(otherwise),
    )


def asked_from_query(text: str, today: date, own: Cut) -> Asked:
    """Return what a kept or posted address asks for.

    Raises:
        ValueError: as for :func:`asked_from`.
    """
    return asked_from(dict(parse_qsl(text[:2000], max_num_fields=40)), today, own)


def default_dimension(own: Cut) -> Dimension:
    """Return what a reader's figures are broken down by at first: what lies just beneath."""
    if own.person:
        return Dimension.CATEGORY
    return Dimension.PERSON if own.unit else Dimension.UNIT


def dimensions_for(own: Cut) -> list[Dimension]:
    """Return what a reader can break figures down by; one's own figures have no units or people."""
    fixed = {Dimension(field) for field in own.parameters()}
    if own.person:
        fixed.add(Dimension.UNIT)
    return [one for one in Dimension if one not in fixed]


def narrowed(actor: Actor, wanted: Cut) -> tuple[Cut, bool]:
    """Return a cut within the reader's reach, and whether it named what lies beyond.

    A dashboard that a leader shares is then the unit head's own figures, and the page says so.
    """
    try:
        return within(actor, wanted), False
    except Refused:
        own = own_cut(actor)
        return replace(wanted, unit=own.unit, person=own.person), True


def _texts() -> list[str]:
    return [field.name for field in fields(Cut) if field.name != "person"]


def _known(value: str, names: object) -> str:
    if value and value not in names:  # type: ignore[operator]
        raise ValueError(value)
    return value
