"""How one ticket lives: a generator that names its next moment and acts when that has come.

Staff act in working time only, enterprises at any hour. Everything goes through the real actions,
so that whatever a person could not do, the demo cannot do either.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from servicedesk.clock import clock
from servicedesk.core.counting import REGISTERED
from servicedesk.core.permissions import Actor, Role
from servicedesk.core.workflow import BAD_RATING, RETURNS_BY_UNIT, State
from servicedesk.demo import hiring, materials, texts
from servicedesk.demo.attachments import attach
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprise_file import record_granted
from servicedesk.demo.stories import Story
from servicedesk.outreach.actions import record_visit
from servicedesk.tickets.actions import Request, send_message, take
from servicedesk.tickets.models import Ticket

DAY_MINUTES = 420
Moments = Iterator[datetime]


class _Stopped(Exception):
    """The story stands here at the end of the demo."""


class Life:
    """One story coming true."""

    def __init__(self, cast: Cast, story: Story, chance: Random) -> None:
        self._cast, self._story, self._chance = cast, story, chance
        self._item = cast.items[story.item]
        self._words: dict[str, Any] = {}
        self._ticket: Ticket
        self._officer: Actor

    def run(self) -> Moments:
        """Yield the moments at which the ticket wants to be called again."""
        try:
            yield from self._whole()
        except _Stopped:
            return

    def _whole(self) -> Moments:
        yield self._story.at
        self._submit()
        yield self._soon()
        if self._story.ending == "declined":
            self._decline()
            return
        self._before("accept")
        self._take(self._desk(), "accept")
        if self._story.ending == "withdrawn":
            yield self._later(2, 20)
            self._take(self._member(), "withdraw", reason=self._phrase("withdraw_reason"))
            return
        yield from self._find_unit()
        yield from self._work()
        yield from self._ask_enterprise()

    # Filing ----------------------------------------------------------------------------------

    def _submit(self) -> None:
        story, client = self._story, self._cast.clients[self._story.firm]
        actor = self._member() if story.channel == "portal" else self._desk()
        self._words = self._answer_form()
        title, description = texts.say(story.item, self._words, self._chance)
        request = Request(
            enterprise_id=client.enterprise_id, title=title, description=description,
            contact=client.people[0].name, phone=client.phones[0], answers=self._answers,
            uploads=attach(actor, self._chance, story.files), channel=story.channel,
        )  # fmt: skip
        self._ticket = materials.file(actor, self._item, request)
        if story.channel == "visit":
            day = self._cast.hours.local(clock.now()).date()
            met = client.people[0].name
            record_visit(actor, self._ticket, day, client.firm.place, met)

    def _answer_form(self) -> dict[str, Any]:
        firm = self._cast.clients[self._story.firm].firm
        person = self._cast.clients[self._story.firm].people[0].name
        words = texts.details(firm, self._chance) | {"person": person}
        day = self._cast.hours.local(clock.now()).date()
        fields = self._cast.fields[self._story.item]
        answers = texts.answers(self._story.item, fields, words, day, self._chance)
        self._answers = answers | dict(self._story.answers)
        return words | self._answers

    def _decline(self) -> None:
        reason, where = self._chance.choice(texts.phrases()["decline"])
        self._take(self._desk(), "decline", reason=reason, where_to_go=where)

    # The unit --------------------------------------------------------------------------------

    def _find_unit(self) -> Moments:
        yield self._soon()
        self._before("dispatch")
        for _ in range(2 if self._story.stop == "settle" else int(self._story.returned)):
            yield from self._wrong_unit("return")
        if self._story.stop == "settle":
            yield from self._wrong_unit("contest")
        self._before("settle")
        self._dispatch(self._item.lead_unit, self._phrase("dispatch_note"))
        if self._story.assigned:
            yield self._soon()
            self._before("sign")
            head = self._cast.holder(Role.UNIT_HEAD, self._chance, self._item.lead_unit)
            self._take(head, "assign", assignee_id=self._officer.user_id)
        yield self._soon()
        self._before("sign")
        self._take(self._officer, "sign")

    def _wrong_unit(self, objection: str) -> Moments:
        unit = self._chance.choice(self._item.partner_units or ["CYFZ"])
        self._dispatch(unit, "")
        yield self._soon()
        reason = self._phrase("return_reason")
        self._take(self._officer, objection, code="not_ours", reason=reason)
        yield self._soon()

    def _dispatch(self, unit: str, note: str) -> None:
        if self._ticket.returns:
            note = self._phrase("redispatch_note")
        twice = self._ticket.returns >= RETURNS_BY_UNIT
        actor = self._cast.holder(Role.DESK_HEAD, self._chance) if twice else self._desk()
        self._take(actor, "dispatch", unit_id=self._cast.units[unit], note=note)
        self._officer = self._cast.holder(Role.OFFICER, self._chance, unit)

    def _work(self) -> Moments:
        if self._story.messages:
            yield from self._talk()
        if self._story.supplement:
            yield from self._supplement()
        if self._story.extension:
            yield from self._extend()
        if self._story.item == hiring.ITEM:
            yield from self._hire()
        yield self._time_to_resolve()
        self._before("resolve")
        self._resolve()

    def _talk(self) -> Moments:
        for number in range(self._story.messages):
            if number % 2:
                yield self._later(0.2, 3)
                send_message(self._member(), self._ticket.id, self._phrase("firm_message"))
            else:
                yield self._soon()
                send_message(self._officer, self._ticket.id, self._phrase("staff_message"))
        if self._story.note:
            note = self._phrase("note")
            send_message(self._officer, self._ticket.id, note, internal=True)

    def _supplement(self) -> Moments:
        yield self._soon()
        self._take(self._officer, "request_supplement", request=self._phrase("ask"))
        yield self._later(3, 60)
        self._before("supplement")
        member = self._member()
        files = attach(member, self._chance, 1) if self._story.files else []
        self._take(member, "supplement", answer=self._phrase("reply"), uploads=files)

    def _extend(self) -> Moments:
        yield self._working(self._before_due(0.25))
        days = self._chance.choice((2, 3, 5))
        reason = self._phrase("extension_reason")
        due = self._cast.hours.local(self._ticket.due_at or clock.now()).date()
        until = self._cast.hours.add_working_days(due, days)
        self._take(self._officer, "request_extension", until=until, reason=reason)
        yield self._soon()
        self._before("decide")
        head = self._cast.holder(Role.UNIT_HEAD, self._chance, self._item.lead_unit)
        if self._story.extension == "refused":
            self._take(head, "refuse_extension", reason=self._phrase("refuse_reason"))
        else:
            self._take(head, "approve_extension")

    def _hire(self) -> Moments:
        """The market sends people, they come, and the enterprise says how many."""
        post = hiring.post_of(self._cast, self._desk(), self._ticket)
        coming = hiring.coming(self._story, post.head_count, self._chance)
        for count in coming:
            yield self._soon(30, 200)
            hiring.refer(self._cast, self._officer, post, count, self._chance)
            yield self._soon(60, 400)
            row = hiring.report(self._cast, self._officer, post, count)
            yield self._later(0.5, 14)
            hiring.confirm(self._member(), row)

    def _time_to_resolve(self) -> datetime:
        story = self._story
        if story.resolve_from is not None:
            return self._working(max(story.resolve_from, self._soon()))
        if story.late:
            due = self._ticket.due_at or clock.now()
            return self._working(self._cast.hours.add(due, int(story.late * DAY_MINUTES)))
        return self._working(self._before_due(1 - story.pace))

    def _before_due(self, share: float) -> datetime:
        """Return when ``share`` of the allowed time is left; a little later if that has passed."""
        due = self._ticket.due_at or clock.now()
        left = int(self._ticket.allowed_minutes * share)
        return max(self._cast.hours.subtract(due, left), self._cast.hours.add(clock.now(), 6))

    def _resolve(self, again: bool = False) -> None:
        story = self._story
        usual = texts.outcomes(story.item, self._words, self._chance)
        figures = usual if story.outcomes is None else story.outcomes
        if story.result == "explained" and story.outcomes is None:
            figures = {}
        self._take(
            self._officer,
            "resolve",
            result=story.result,
            resolution=self._phrase("redone") if again else self._resolution(),
            outcomes={
                metric: round(value * 1000)
                for metric, value in figures.items()
                if metric not in REGISTERED.get(story.item, ())
            },
        )
        product = self._cast.clients[story.firm].firm.product
        record_granted(self._officer, self._ticket, product, round(figures.get("patents", 0)))

    def _resolution(self) -> str:
        story, done = self._story, texts.of_items()[self._story.item]["done"]
        if story.done is not None:
            return texts.fill(done[story.done], self._words)
        if story.result != "solved":
            return self._phrase(story.result)
        return texts.fill(self._chance.choice(done), self._words)

    # The enterprise's word -------------------------------------------------------------------

    def _ask_enterprise(self) -> Moments:
        if self._story.disputes:
            yield from self._dispute()
        for _ in range(self._story.misses):
            yield self._next_day()
            self._take(self._caller(), "miss", note=self._phrase("miss_note"))
        if self._story.ending == "unreached":
            note = self._phrase("unreached_note")
            self._take(self._caller(), "close_unreached", note=note)
            return
        yield from self._follow_up()
        if self._story.rating is not None:
            yield from self._rate(self._story.rating)

    def _dispute(self) -> Moments:
        yield self._later(2, 30)
        self._take(self._member(), "dispute", reason=self._phrase("dispute_reason"))
        yield self._soon(100, 700)
        self._resolve(again=True)

    def _follow_up(self) -> Moments:
        if self._story.confirms:
            yield self._later(0.5, 20)
            self._before("follow_up")
            self._take(self._member(), "confirm")
            return
        yield self._soon(30, 120) if self._story.stop else self._soon(120, 600)
        self._before("follow_up")
        self._take(self._caller(), "follow_up", note=self._phrase("follow_note"))

    def _rate(self, level: int) -> Moments:
        yield self._later(0.3, 2) if self._story.stop else self._later(0.3, 50)
        self._before("rate")
        comment = str(self._chance.choice(texts.phrases()["comment"][level]))
        bad = level <= BAD_RATING
        reasons = self._chance.choice(texts.phrases()["bad_reasons"][level]) if bad else []
        self._take(self._member(), "rate", level=level, reasons=reasons, comment=comment)
        if bad:
            yield from self._verify()
        elif not self._story.stop and self._chance.random() < 0.3:
            yield self._soon()
            if self._ticket.state == State.RATED:  # the scheduler may have been quicker
                self._take(self._caller(), "close")

    def _verify(self) -> Moments:
        yield self._soon(60, 300)
        self._before("verify")
        head = self._cast.holder(Role.DESK_HEAD, self._chance)
        self._take(head, "call_back", note=self._phrase("call_back_note"))
        if self._story.after_bad == "verify":
            self._take(head, "close_verified", note=self._phrase("verify_note"))
            return
        self._take(head, "rework", reason=self._phrase("rework_reason"))
        unit = self._cast.holder(Role.UNIT_HEAD, self._chance, self._item.lead_unit)
        self._officer = unit  # whoever was rated takes no part in putting it right
        yield self._soon(150, 800)
        self._resolve(again=True)
        yield from self._follow_up()
        yield from self._rate(4)

    # Small things ----------------------------------------------------------------------------

    def _take(self, actor: Actor, step: str, **inputs: Any) -> None:
        self._ticket = take(actor, self._ticket.id, step, inputs)

    def _before(self, step: str) -> None:
        if self._story.stop == step:
            raise _Stopped

    def _phrase(self, name: str) -> str:
        return texts.phrase(name, self._chance, self._story.item)

    def _desk(self) -> Actor:
        return self._cast.holder(Role.DESK, self._chance)

    def _caller(self) -> Actor:
        return self._cast.holder(Role.FOLLOW_UP, self._chance)

    def _member(self) -> Actor:
        people = self._cast.clients[self._story.firm].people
        return self._chance.choices(people, [4, 1][: len(people)])[0]

    def _soon(self, low: int = 0, high: int = 0) -> datetime:
        """Return a working moment some working minutes from now; quicker where little is allowed."""
        if not high:
            low, high = (5, 35) if self._item.promised_days <= 1 else (8, 80)
        return self._working(self._cast.hours.add(clock.now(), self._chance.randint(low, high)))

    def _working(self, moment: datetime) -> datetime:
        seconds = timedelta(seconds=self._chance.randrange(60))
        return self._cast.hours.next_working_moment(moment) + seconds

    def _next_day(self) -> datetime:
        """Return a moment of the next working day: a failed call counts once a day."""
        hours = self._cast.hours
        day = hours.next_working_day(hours.local(clock.now()).date())
        return self._working(hours.subtract(hours.end_of_day(day), self._chance.randint(60, 400)))

    def _later(self, low: float, high: float) -> datetime:
        """Return a moment of the enterprise's: any hour but the small ones."""
        moment = clock.now() + timedelta(hours=self._chance.uniform(low, high))
        local = self._cast.hours.local(moment)
        return moment + timedelta(hours=8) if local.hour < 7 else moment
