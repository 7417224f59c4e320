"""The demo's visits: a round every few months since 2024, one that runs today, and what came of them."""

import heapq
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.core.outreach import Candidate, Rules, candidates
from servicedesk.core.permissions import Actor, Role
from servicedesk.core.worktime import Calendar
from servicedesk.demo import texts
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import SHOWN, Client
from servicedesk.demo.life import Life
from servicedesk.demo.loop import Moments
from servicedesk.demo.moments import working_day_back
from servicedesk.demo.stories import Story
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.outreach.actions import Raised, Report, keep_visit
from servicedesk.outreach.confirming import confirm_as_member
from servicedesk.outreach.models import VisitRound, VisitStop
from servicedesk.outreach.queries import facts
from servicedesk.outreach.rounds import (
    Plan,
    assign_stop,
    close_round,
    hand_out,
    plan_round,
    skip_stop,
)

ROUNDS = (  # first day, name, purpose, how many enterprises, how many of them raise something
    (date(2024, 3, 11), "三月中旬走访", "春节后复工复产情况，用工和资金周转", 18, 3),
    (date(2024, 7, 8), "年中走访", "上半年经营、惠企政策知晓和兑现", 22, 3),
    (date(2024, 11, 4), "四季度走访", "全年目标、安全生产、来年打算", 18, 2),
    (date(2025, 4, 14), "四月中旬走访", "新入园企业和久未走访企业", 24, 1),
    (date(2025, 10, 13), "十月走访", "设备更新、技改和申报意向", 26, 1),
    (date(2026, 3, 16), "三月中旬走访", "复工复产、用工对接", 26, 0),
    (date(2026, 9, 14), "九月中旬走访", "三季度经营和困难企业帮扶", 44, 0),
)  # fmt: skip
NOW_SIZE = 24
DAY_MINUTES = 7 * 60
ITEMS = ("J03", "J06", "J02", "I03", "G07")
TOPICS = ("例行走访", "例行走访", "政策宣讲", "用工与融资摸底", "安全与环保提醒")
NOTES = (
    "生产正常，订单排到下季度。", "产能利用率七成左右，主要等新设备到货。", "用工基本稳定，技工略缺。",
    "资金周转正常，暂无融资需求。", "介绍了设备更新和技改政策，企业有意向，留了办事指南。",
    "提醒冬季用电和消防安全，企业已自查。", "企业对帮代办流程熟悉，近期准备申报创新型中小企业。",
    "外贸订单下降，正在转内销，希望多对接本地配套。",
)  # fmt: skip
DIFFERS = ("用工缺口是八人，不是五人。", "当天没有谈到融资，请更正。", "走访日期早一天。")
SKIPPED = ("企业停产检修", "负责人外出，另约时间", "企业已搬迁，核实后再走访")


def run(cast: Cast, seed: int, now: datetime) -> Iterator[Moments]:
    """Yield the rounds that began before ``now``, and the one of these days."""
    for number, (day, name, purpose, size, raising) in enumerate(ROUNDS):
        chance = Random(f"visits:{seed}:{number}")
        first = day if cast.hours.is_working_day(day) else cast.hours.next_working_day(day)
        last = cast.hours.add_working_days(first, 9)
        if _at(cast.hours, last, 17, now) < now - timedelta(days=12):
            yield _Round(cast, chance, name, purpose, first, last, now, raising).run(size)
    today = cast.hours.local(now).date()
    first = working_day_back(today, 3, cast.hours)
    last = cast.hours.add_working_days(today, 4)
    name = f"{today.month}月{('上旬', '中旬', '下旬')[min(2, (today.day - 1) // 10)]}走访"
    chance, purpose = Random(f"visits:{seed}:now"), "久未走访、近期差评和经营困难企业优先"
    yield _Running(cast, chance, name, purpose, first, last, now, 2).run(NOW_SIZE)


def _at(hours: Calendar, day: date, hour: int, like: datetime, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute)).replace(tzinfo=hours.local(like).tzinfo)


class _Round:
    """One round from its plan to its end."""

    def __init__(
        self, cast: Cast, chance: Random, name: str, purpose: str, first: date, last: date,
        now: datetime, raising: int,
    ) -> None:  # fmt: skip
        self.cast, self.chance, self.now = cast, chance, now
        self.name, self.purpose, self.first, self.last = name, purpose, first, last
        self.raising = raising
        self.desk = [actor for actor in cast.staff if actor.role is Role.DESK]
        self.head = next(actor for actor in cast.staff if actor.role is Role.DESK_HEAD)

    def run(self, size: int) -> Moments:
        """Plan, hand out, let every stop happen, close."""
        yield _at(self.cast.hours, self.first, 9, self.now, 5)
        made = self.plan(size)
        yield _at(self.cast.hours, self.first, 9, self.now, 12)
        hand_out(self.head, made.id, [actor.user_id or 0 for actor in self.desk])
        self.adjust(made)
        yield from merged([*self.stops(made), self.end(made)])

    def plan(self, size: int) -> VisitRound:
        """Choose by the rules, as the head does: the most urgent first."""
        rules, park_id = Rules(), self.cast.park_id
        today = self.cast.hours.local(clock.now()).date()
        chosen = self.chosen(candidates(facts(park_id, rules), rules, today), size)
        return plan_round(
            self.head,
            Plan(
                self.name,
                self.purpose,
                self.first,
                self.last,
                rules,
                chosen,
                f"demo-{self.first.isoformat()}",
            ),
        )

    def chosen(self, found: list[Candidate], size: int) -> list[int]:
        """Return the enterprises of the round; the demo clerk's is not among them."""
        shown = self.cast.clients[SHOWN].enterprise_id
        return [one.facts.enterprise_id for one in found if one.facts.enterprise_id != shown][:size]

    def adjust(self, made: VisitRound) -> None:
        """Change the plan by hand; an ordinary round needs none."""

    def stops(self, made: VisitRound) -> Iterator[Moments]:
        """Yield what happens at each stop; the first ones raise something."""
        query = select(VisitStop).where(VisitStop.round_id == made.id).order_by(VisitStop.id)
        places: dict[tuple[int | None, date | None], int] = {}
        raising = self.raising
        for stop in db.session.scalars(query).all():
            key = (stop.officer_id, stop.planned_on)
            places[key] = places.get(key, -1) + 1
            client = self.client(stop.enterprise_id)
            raises = bool(raising and client and not client.firm.preparing)
            raising -= raises
            yield self.stop(stop.id, self.moment(stop, places[key]), raises)

    def client(self, enterprise_id: int) -> Client | None:
        """Return the enterprise's people, if the demo knows any."""
        everybody = self.cast.clients.values()
        return next((one for one in everybody if one.enterprise_id == enterprise_id), None)

    def moment(self, stop: VisitStop, place: int) -> datetime:
        """Return when the officer is at the door: one stop an hour."""
        day = stop.planned_on or self.first
        start = _at(self.cast.hours, day, 9, self.now, self.chance.randint(20, 50))
        return self.cast.hours.add(start, 65 * place)

    def stop(self, stop_id: int, at: datetime, raises: bool) -> Moments:
        """Let one stop happen: a visit with its confirmation and tickets, or none."""
        yield at
        stop = db.session.get_one(VisitStop, stop_id)
        officer = next(actor for actor in self.desk if actor.user_id == stop.officer_id)
        if not raises and self.chance.random() < 0.06:
            skip_stop(officer, stop_id, self.chance.choice(SKIPPED))
            return
        enterprise = db.session.get_one(Enterprise, stop.enterprise_id)
        client = self.client(enterprise.id)
        if raises and client is not None:
            yield from _RaisedLife(
                self.cast, self.story(client, at), self.chance, stop, officer
            ).run()
            return
        report = report_of(self.cast, self.chance, enterprise, stop_id)
        visit = keep_visit(officer, report).visit
        if client is not None:
            yield from self.word(visit.id, client)

    def story(self, client: Client, at: datetime) -> Story:
        """Return how the ticket goes on that the visit raises."""
        item = self.chance.choice(ITEMS)
        return Story(
            item, client.firm.short, at, "visit", pace=0.5, rating=self.chance.choice((4, 5))
        )

    def word(self, visit_id: int, client: Client) -> Moments:
        """Most enterprises confirm within two days; a few find something wrong."""
        if self.chance.random() > 0.75:
            return
        yield clock.now() + timedelta(hours=self.chance.uniform(0.5, 40))
        differs = self.chance.random() < 0.08
        comment = self.chance.choice(DIFFERS) if differs else ""
        confirm_as_member(client.people[0], visit_id, "differs" if differs else "agreed", comment)

    def end(self, made: VisitRound) -> Moments:
        """Close the round on its last day."""
        yield _at(self.cast.hours, self.last, 17, self.now, 10)
        close_round(self.head, made.id, "企业另约时间，转入下一轮")


class _Running(_Round):
    """The round of these days: today's stops of the demo clerk are still to be visited."""

    def chosen(self, found: list[Candidate], size: int) -> list[int]:
        """Return the most urgent ones, and the demo clerk's own enterprise."""
        return [*super().chosen(found, size - 1), self.cast.clients[SHOWN].enterprise_id]

    def adjust(self, made: VisitRound) -> None:
        """The head gives the first desk three stops for today; the clerk's is visited the day before."""
        today = self.cast.hours.local(self.now).date()
        query = select(VisitStop).where(VisitStop.round_id == made.id).order_by(VisitStop.id)
        rows = list(db.session.scalars(query))
        shown = self.cast.clients[SHOWN].enterprise_id
        for stop in [one for one in rows if one.enterprise_id != shown][:3]:
            assign_stop(self.head, stop.id, self.desk[0].user_id or 0, today)
        mine = next(one for one in rows if one.enterprise_id == shown)
        day = working_day_back(today - timedelta(days=1), 0, self.cast.hours)
        assign_stop(self.head, mine.id, self.desk[1].user_id or 0, day)

    def stop(self, stop_id: int, at: datetime, raises: bool) -> Moments:
        """As in every round, but what the first desk has for today waits for its user."""
        stop = db.session.get_one(VisitStop, stop_id)
        today = self.cast.hours.local(self.now).date()
        if stop.officer_id == self.desk[0].user_id and stop.planned_on == today:
            return
        yield from super().stop(stop_id, at, raises)

    def story(self, client: Client, at: datetime) -> Story:
        """A ticket that was raised these days is still on its way."""
        return Story(
            self.chance.choice(("J03", "J06")), client.firm.short, at, "visit", stop="resolve"
        )

    def word(self, visit_id: int, client: Client) -> Moments:
        """The demo clerk has yet to give the word."""
        if client.firm.short != SHOWN:
            yield from super().word(visit_id, client)


class _RaisedLife(Life):
    """A ticket that begins at the door: the visit files it."""

    def __init__(
        self, cast: Cast, story: Story, chance: Random, stop: VisitStop, officer: Actor
    ) -> None:
        super().__init__(cast, story, chance)
        self._stop, self._visitor = stop, officer

    def _submit(self) -> None:
        self._words = self._answer_form()
        title, description = texts.say(self._story.item, self._words, self._chance)
        enterprise = db.session.get_one(Enterprise, self._stop.enterprise_id)
        raised = (Raised(self._story.item, title, description),)
        report = report_of(self._cast, self._chance, enterprise, self._stop.id, raised)
        kept = keep_visit(self._visitor, report)
        self._ticket = kept.tickets[0]
        member = self._cast.clients[self._story.firm].people[0]
        confirm_as_member(member, kept.visit.id, "agreed", "")


def report_of(
    cast: Cast, chance: Random, enterprise: Enterprise, stop_id: int,
    raised: tuple[Raised, ...] = (),
) -> Report:  # fmt: skip
    """Return what an officer writes down."""
    notes = "".join(chance.sample(NOTES, k=2))
    colleague = chance.choice(("高新区经济发展局", "产业发展部同事", ""))
    return Report(
        enterprise.id, cast.hours.local(clock.now()).date(), enterprise.address or "企业厂区",
        enterprise.contact or "值班负责人", enterprise.phone, colleague, chance.choice(TOPICS), notes,
        started_at=clock.now(), stop_id=stop_id, raised=raised, key=f"demo-stop-{stop_id}",
    )  # fmt: skip


def merged(lives: list[Moments]) -> Moments:
    """Let several lives happen as one, each at its own moments."""
    queue: list[tuple[datetime, int, Moments]] = []
    for serial, life in enumerate(lives):
        if (moment := next(life, None)) is not None:
            heapq.heappush(queue, (moment, serial, life))
    while queue:
        moment, serial, life = heapq.heappop(queue)
        yield moment
        if (following := next(life, None)) is not None:
            heapq.heappush(queue, (max(following, moment), serial, life))
