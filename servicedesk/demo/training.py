"""The demo's training events and consultations: planned, filled, held, asked about (F12)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml
from flask import current_app

from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role
from servicedesk.demo.attachments import pdf
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import SHOWN, Client
from servicedesk.demo.figures_of_2024 import advised
from servicedesk.demo.loop import Moments
from servicedesk.demo.moments import working_day_back
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.files import store
from servicedesk.tickets.uploads import add_upload
from servicedesk.training import attendance
from servicedesk.training.actions import (
    Plan,
    add_files,
    finish_events,
    plan_event,
    remind_of_events,
)
from servicedesk.training.attendance import Person
from servicedesk.training.consultations import Advice, record_consultation
from servicedesk.training.models import Event
from servicedesk.training.queries import sent_by

DATA = Path(__file__).parent / "data" / "training.yaml"
NAMES = ("王秀兰", "李志强", "刘建军", "陈晓梅", "赵文静", "周海涛", "吴国平", "郑丽娟")
CONSULTED = 12  # enterprises of 2024 that were at an event and asked later, too
MORE_ADVICE = timedelta(days=12)  # how often somebody asks in the years since
Doing = tuple[datetime, Callable[[], object]]


@cache
def _data() -> Mapping[str, Any]:
    content: dict[str, Any] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return content


def lives(cast: Cast, seed: int, now: datetime) -> list[Moments]:
    """Return one life for each event, and one for the consultations."""
    chance = Random(f"training:{seed}")
    guests = _guests_of_2024(cast, chance)
    today = cast.hours.local(now).date()
    planned = [(row, row["day"]) for row in _data()["events"]]
    for row in _data()["coming"]:
        planned.append((row, working_day_back(today + timedelta(row["after"]), 0, cast.hours)))
    return [
        *(
            _Afternoon(cast, row, day, guests.get(row["title"], ()), Random(f"{seed}:{day}")).run()
            for row, day in planned
        ),
        _consultations(cast, guests, chance),
    ]


def _guests_of_2024(cast: Cast, chance: Random) -> dict[str, list[str]]:
    """Return whom each event of 2024 sees: only enterprises that the figure F12 counts."""
    firms = advised(_established(cast.clients))
    return {
        row["title"]: chance.sample(firms, k=row["guests"])
        for row in _data()["events"]
        if row["day"].year == 2024
    }


@dataclass(slots=True)
class _Afternoon:
    """One event from its plan to the last answer."""

    cast: Cast
    row: Mapping[str, Any]
    day: date
    firms: Sequence[str]
    chance: Random

    def run(self) -> Moments:
        """Do everything at its moment, in order."""
        host = self.cast.holder(Role.OFFICER, self.chance, self.row["unit"])
        yield self._office(self.day - timedelta(days=24), time(10, 20))
        event, clients = self._plan(host), self._clients()
        things = [*self._before(event, host, clients), *self._on_the_day(event, host, clients)]
        for moment, do in sorted(things, key=lambda pair: pair[0]):
            yield moment
            do()

    def _plan(self, host: Actor) -> Event:
        row = self.row
        return plan_event(
            host,
            Plan(
                title=row["title"], topic=row["topic"], kind=row["kind"], item_code=row["item"],
                unit_id=self.cast.units[row["unit"]], starts_at=self._at(time(14, 30)),
                ends_at=self._at(time(17, 0)), place=row["place"], capacity=60, per_enterprise=3,
                speaker=row["speaker"], description=row["text"],
            ),
        )  # fmt: skip

    def _before(self, event: Event, host: Actor, clients: Sequence[Client]) -> list[Doing]:
        everybody = [client.enterprise_id for client in self.cast.clients.values()]
        things: list[Doing] = [
            (
                self._office(self.day - timedelta(days=20), time(9, 40)),
                lambda: attendance.invite(host, event.id, everybody),
            ),
            (event.starts_at - timedelta(hours=22), remind_of_events),
        ]
        for client in clients:
            soon = client.firm.short == SHOWN  # at the end of the demo it has registered
            days = 18 if soon else self.chance.uniform(2.2, 18)
            at = event.starts_at - timedelta(days=days)
            things.append((at, self._registering(event, client)))
        return things

    def _clients(self) -> list[Client]:
        """Return who comes: given for the counted year, else by chance; the demo clerk as said."""
        clients = self.cast.clients
        others = sorted(name for name in _established(clients) if name != SHOWN)
        names = list(self.firms) or self.chance.sample(others, k=self.row["guests"])
        if self.row.get("shown") and SHOWN not in names:
            names.append(SHOWN)
        return [clients[name] for name in names]

    def _registering(self, event: Event, client: Client) -> Callable[[], object]:
        member, colleagues = client.people[0], self.chance.sample(NAMES, k=2)
        names = [member.name, *colleagues][: self.chance.choice((1, 1, 2, 2, 3))]
        people = [Person(name, client.phones[0]) for name in names]
        return lambda: attendance.register(member, event.id, client.enterprise_id, people)

    def _on_the_day(self, event: Event, host: Actor, clients: Sequence[Client]) -> list[Doing]:
        things: list[Doing] = [
            (event.starts_at - timedelta(hours=5), lambda: self._material(event, host)),
            (event.ends_at + timedelta(minutes=4), finish_events),
        ]
        for client in clients:
            early = timedelta(minutes=self.chance.randint(-12, 40))
            things.append((event.starts_at - early, self._arriving(event, host, client)))
            if self.chance.random() < 0.6:
                later = timedelta(minutes=self.chance.randint(10, 300))
                things.append((event.ends_at + later, self._answering(event, client)))
        return things

    def _arriving(self, event: Event, host: Actor, client: Client) -> Callable[[], object]:
        scans, stays_away = self.chance.random() < 0.7, self.chance.random() < 0.4

        def arrive() -> None:
            for place, row in enumerate(sent_by(event.id, client.enterprise_id)):
                if place == 0 and scans:
                    member = client.people[0]
                    attendance.check_in_by_code(member, event.check_in_code, client.enterprise_id)
                elif place == 0 or not stays_away:
                    attendance.check_in_by_hand(host, row.id)

        return arrive

    def _answering(self, event: Event, client: Client) -> Callable[[], object]:
        level = self.chance.choice((5, 5, 5, 4, 4, 3))
        comment = self.chance.choice([*_data()["comments"], "", ""])

        def answer() -> None:
            member = client.people[0]
            attendance.give_feedback(member, event.id, client.enterprise_id, level, comment)

        return answer

    def _material(self, event: Event, host: Actor) -> None:
        settings = current_app.extensions["settings"]
        content = pdf(self.chance.randint(1000, 9999))
        file = store(settings.uploads_dir, "课件.pdf", content, settings.upload_max_bytes)
        add_files(host, event.id, [add_upload(host, file).token])

    def _at(self, moment: time) -> datetime:
        return datetime.combine(self.day, moment, ZONE)

    def _office(self, day: date, moment: time) -> datetime:
        return datetime.combine(working_day_back(day, 0, self.cast.hours), moment, ZONE)


def _established(clients: Mapping[str, Client]) -> list[str]:
    """Return the enterprises that have a code: one in preparation sends nobody."""
    return [name for name, client in clients.items() if not client.firm.preparing]


def _consultations(cast: Cast, guests: Mapping[str, Sequence[str]], chance: Random) -> Moments:
    """Advise who was at no event of 2024, and some that were; then somebody every two weeks."""
    been = {firm for firms in guests.values() for firm in firms}
    everybody = _established(cast.clients)
    missing = [firm for firm in advised(everybody) if firm not in been]
    asking = [*missing, *chance.sample(sorted(been), k=CONSULTED)]
    year = sorted(date(2024, 1, 8) + timedelta(days=chance.randrange(330)) for _ in asking)
    for firm, day in zip(chance.sample(asking, k=len(asking)), year, strict=True):
        yield _asking_time(cast, day, chance)
        _advise(cast, firm, chance)
    day = date(2025, 1, 6)
    while True:
        yield _asking_time(cast, day, chance)
        _advise(cast, chance.choice(everybody), chance)
        day += MORE_ADVICE


def _asking_time(cast: Cast, day: date, chance: Random) -> datetime:
    working = day if cast.hours.is_working_day(day) else cast.hours.next_working_day(day)
    return cast.hours.subtract(cast.hours.end_of_day(working), chance.randint(20, 400))


def _advise(cast: Cast, firm: str, chance: Random) -> None:
    item, unit = chance.choice((("E01", "KGJ"), ("E01", "KGJ"), ("E04", "XXSC"), ("F07", "CYFZ")))
    topic, question, answer = chance.choice(_data()["advice"][item])
    record_consultation(
        cast.holder(Role.OFFICER, chance, unit),
        Advice(
            cast.clients[firm].enterprise_id, item, topic,
            cast.hours.local(clock.now()).date(),
            chance.choice(("phone", "phone", "counter", "visit")), question, answer,
        ),
    )  # fmt: skip
