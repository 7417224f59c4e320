"""The demo's policies and declarations: published, matched, told, declared, decided, missed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import yaml

from servicedesk.clock import clock
from servicedesk.core.conditions import parse
from servicedesk.core.declarations import REMIND_DAYS
from servicedesk.core.permissions import Actor, Role
from servicedesk.declarations import matching, telling
from servicedesk.declarations.actions import Filing, declare, take
from servicedesk.declarations.models import Declaration, Policy
from servicedesk.declarations.policies import Draft, publish, write_policy
from servicedesk.declarations.queries import linkable
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import DATA
from servicedesk.demo.loop import Moments
from servicedesk.demo.moments import working_day_back
from servicedesk.demo.stories import Story

REASONS = (
    "研发费用占比未达到本批次评审线", "主导产品市场占有率佐证不足", "评审得分未入围，建议补充知识产权后再报",
    "申报数据与审计报告不一致",
)  # fmt: skip
DAY_MINUTES = 420


@dataclass(frozen=True, slots=True)
class Plan:
    """One policy of the demo, and what becomes of it."""

    row: Mapping[str, Any]
    opens: date
    closes: date
    year: int
    made: dict[str, Policy] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The number under which it stands."""
        written = str(self.row["code"])
        return f"ZC{written.format(year=self.year)}" if "{" in written else written


def _plans(today: date) -> list[Plan]:
    rows = yaml.safe_load((DATA / "policies.yaml").read_text(encoding="utf-8"))
    return [
        Plan(row, _day(row["opens"], today), _day(row["closes"], today), today.year)
        for row in rows
    ]  # fmt: skip


def _day(written: date | int, today: date) -> date:
    return written if isinstance(written, date) else today + timedelta(days=written)


def lives(cast: Cast, stories: Sequence[Story], now: datetime, seed: int) -> Iterator[Moments]:
    """Yield the life of each policy and of each declaration under it."""
    plans = {plan.code: plan for plan in _plans(cast.hours.local(now).date())}
    for plan in plans.values():
        yield _policy(cast, plan, now)
        for firm, end in plan.row.get("desk", {}).items():
            yield _recorded(cast, plan, firm, end, now, Random(f"{seed}:{plan.code}:{firm}"))
        for firm, days in plan.row.get("portal", {}).items():
            yield _lately(cast, plan, firm, days, now)
        for firm, reason in plan.row.get("declines", {}).items():
            yield _declined(cast, plan, firm, reason, now)
    for serial, story in enumerate(stories):
        if story.declares:
            yield _coached(cast, plans[story.declares], story, Random(f"{seed}:d{serial}"))


def _policy(cast: Cast, plan: Plan, now: datetime) -> Moments:
    """The desk writes and publishes it; the scheduler matches, tells and reminds."""
    desk = _desk(cast)
    first = _at(cast, plan.opens - timedelta(days=4), time(9, 10))
    yield max(clock.now(), min(first, cast.hours.subtract(now, 2 * DAY_MINUTES)))
    policy = write_policy(desk, _draft(plan))
    if plan.row.get("draft"):
        return
    plan.made["policy"] = publish(desk, policy.id)
    matching.match_policy(policy.id)
    _tell()
    for days in REMIND_DAYS:
        day = working_day_back(plan.closes, days, cast.hours)
        yield max(_at(cast, day, time(9, 20)), clock.now() + timedelta(minutes=30))
        if days == max(REMIND_DAYS):
            matching.match_policy(policy.id)
        _tell()


def _tell() -> None:
    """Do what the scheduler does between matching and the evening: tell, remind."""
    for number in telling.untold():
        telling.tell_match(number)
    for number, stage in telling.due_reminders():
        telling.remind(number, stage)
    for title_id, days in telling.ending_titles():
        telling.remind_of_title(title_id, days)


def _draft(plan: Plan) -> Draft:
    row = plan.row
    conditions = [parse(*str(one).split(" ", 2)) for one in row["conditions"]]
    return Draft(
        code=plan.code, name=row["name"].format(year=plan.year),
        name_en=row["name_en"].format(year=plan.year), issuer=row["issuer"], level=row["level"],
        item_code=row["item"], unit_code=row["unit"], opens_on=plan.opens, closes_on=plan.closes,
        conditions=conditions, summary=row.get("summary", ""), title_name=row.get("title", ""),
        title_level=row.get("title_level", ""), title_years=row.get("years"),
        title_until_march=row.get("until_march", False), listing=row.get("listing", ""),
        amount_max=row.get("amount", 0) * 1000, amount_text=row.get("amount_text", ""),
        documents=row.get("documents", ()),
    )  # fmt: skip


def _coached(cast: Cast, plan: Plan, story: Story, chance: Random) -> Moments:
    """A firm that the park coaches: its ticket is there, the desk records the declaration with it."""
    yield _soon(cast, story.at, chance.randint(20, 60))
    policy, enterprise_id = plan.made["policy"], cast.clients[story.firm].enterprise_id
    tickets = linkable(policy, enterprise_id)
    more = {"ticket_id": tickets[0].id} if tickets else {"open_ticket": False}
    invest = story.answers.get("invest")
    found = declare(
        _desk(cast), policy.id,
        _filing(cast, story.firm, investment=round(invest * 1000) if invest else None,
                asked_amount=policy.amount_max or None, **more),
    )  # fmt: skip
    yield from _decided(cast, plan, found, story.verdict, chance)


def _recorded(
    cast: Cast, plan: Plan, firm: str, end: str, now: datetime, chance: Random
) -> Moments:
    """A firm that hands its papers in elsewhere: the desk only records it."""
    last = min(plan.closes, cast.hours.local(now).date() - timedelta(days=4))
    span = max(0, (last - plan.opens).days - 3)
    yield _soon(cast, _at(cast, plan.opens, time(10)), DAY_MINUTES * (span * 5 // 7) * 6 // 10)
    policy = plan.made["policy"]
    more = {"open_ticket": False, "asked_amount": policy.amount_max or None}
    found = declare(_desk(cast), policy.id, _filing(cast, firm, **more))
    yield from _decided(cast, plan, found, end, chance)


def _decided(cast: Cast, plan: Plan, found: Declaration, end: str, chance: Random) -> Moments:
    """The unit recommends; the department publishes; the money comes."""
    if end == "declare":
        return
    officer = cast.holder(Role.OFFICER, chance, plan.row["unit"])
    yield _soon(cast, clock.now(), DAY_MINUTES * chance.randint(1, 3))
    take(officer, found.id, "recommend", {"day": _today(cast), "note": "材料齐全，同意推荐。"})
    if end in ("", "recommend"):
        return
    days = plan.row["decided"] + chance.randint(-3, 3)
    yield _soon(cast, clock.now(), DAY_MINUTES * days)
    if end == "refuse":
        inputs: dict[str, Any] = {"day": _today(cast), "reason": chance.choice(REASONS)}
        take(officer, found.id, "refuse", inputs)
        return
    number = f"{plan.row['item']}-{_today(cast):%Y}-{chance.randrange(1000, 9999)}"
    granted = found.asked_amount if end == "pay" else None
    take(officer, found.id, "approve", {"day": _today(cast), "number": number, "amount": granted})
    if end == "pay" and granted:
        yield _soon(cast, clock.now(), DAY_MINUTES * chance.randint(8, 14))
        take(officer, found.id, "pay", {"day": _today(cast), "amount": granted})


def _lately(cast: Cast, plan: Plan, firm: str, days: int, now: datetime) -> Moments:
    """A firm declares on the portal: the ticket waits for the desk."""
    client = cast.clients[firm]
    yield cast.hours.subtract(now, days * DAY_MINUTES * 3 // 4)
    policy = plan.made["policy"]
    filing = _filing(cast, firm, channel="portal", asked_amount=policy.amount_max)
    declare(client.people[0], policy.id, filing)


def _declined(cast: Cast, plan: Plan, firm: str, reason: str, now: datetime) -> Moments:
    """A firm says that it will not declare."""
    client = cast.clients[firm]
    yield min(
        _soon(cast, _at(cast, plan.opens, time(15)), DAY_MINUTES * 4),
        cast.hours.subtract(now, DAY_MINUTES),
    )
    telling.dismiss(client.people[0], plan.made["policy"].id, client.enterprise_id, reason)


def _filing(cast: Cast, firm: str, **more: Any) -> Filing:
    client = cast.clients[firm]
    return Filing(
        **{
            "enterprise_id": client.enterprise_id,
            "contact": client.people[0].name,
            "phone": client.phones[0],
            "channel": "counter",
            **more,
        }
    )


def _desk(cast: Cast) -> Actor:
    return cast.holder(Role.DESK, Random(0))


def _today(cast: Cast) -> date:
    return cast.hours.local(clock.now()).date()


def _at(cast: Cast, day: date, hour: time) -> datetime:
    """Return the first working moment from an hour of a local day on."""
    zone = cast.hours.local(clock.now()).tzinfo
    return cast.hours.next_working_moment(datetime.combine(day, hour, zone))


def _soon(cast: Cast, start: datetime, minutes: int) -> datetime:
    """Return a working moment ``minutes`` of working time after ``start``."""
    return cast.hours.next_working_moment(cast.hours.add(start, minutes))
