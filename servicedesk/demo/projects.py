"""The demo's projects: signed in 2024 and moving since, with the tickets that their stages open."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

import yaml

from servicedesk.clock import clock
from servicedesk.core.permissions import Role
from servicedesk.core.projects import STAGES, Stage, following
from servicedesk.demo.cast import Cast
from servicedesk.demo.life import Life
from servicedesk.demo.loop import Moments
from servicedesk.demo.stories import Story
from servicedesk.extensions import db
from servicedesk.projects.actions import (
    Details,
    create_project,
    end_project,
    link_enterprise,
    plan,
    reach,
)
from servicedesk.projects.models import Project
from servicedesk.projects.obstacles import clear_obstacle, raise_obstacle
from servicedesk.projects.queries import services
from servicedesk.tickets.models import Ticket

DATA = Path(__file__).parent / "data" / "projects.yaml"
UNIT = "ZSHZ"  # 高新区招商合作部门: its officers follow the projects
TALKS_BEFORE = 75  # days from the first talk to the signature
LATE = "late"
HIRING = "C01"
Spawn = Callable[[Moments], None]
Step = tuple[datetime, Callable[[], None]]


def run(cast: Cast, spawn: Spawn, seed: int, now: datetime) -> Iterator[Moments]:
    """Yield the life of every project that has begun; ``spawn`` takes the lives of its tickets in."""
    rows = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    for serial, row in enumerate(rows):
        life = _ProjectLife(cast, spawn, row, Random(f"projects:{seed}:{serial}"), now)
        yield life.run()


class _ProjectLife:
    """One project coming true."""

    def __init__(
        self, cast: Cast, spawn: Spawn, row: Mapping[str, Any], chance: Random, now: datetime
    ) -> None:
        self._cast, self._spawn, self._row = cast, spawn, row
        self._chance, self._now = chance, now
        self._today = cast.hours.local(now).date()
        self._owner = cast.holder(Role.OFFICER, chance, UNIT)
        self._head = cast.holder(Role.UNIT_HEAD, chance, UNIT)
        self._project: Project
        self._seen: set[int] = set()

    def run(self) -> Moments:
        """Yield the moments at which something happens to the project."""
        for moment, happen in sorted(self._steps(), key=lambda step: step[0]):
            if moment <= clock.now() - timedelta(days=1):
                continue  # the demo begins later than this
            yield moment
            happen()

    def _steps(self) -> Iterator[Step]:
        row = self._row
        signed = self._day(row["signed"]) if "signed" in row else None
        begun = signed - timedelta(days=TALKS_BEFORE) if signed else self._day(row["talks"])
        yield self._at(begun, 9), self._create
        if signed:
            yield from self._advances(signed)
        if "next" in row:
            last = max([day for _stage, day in self._entered(signed)], default=begun)
            yield self._at(last, 16), self._plan_next
        if "ended" in row:
            days, reason = row["ended"]
            yield self._at(self._day(days), 15), lambda: self._end(reason)
        for text, unit, ago, until, clearing in row.get("obstacles", ()):
            yield from self._obstacle(text, unit, ago, until, clearing)

    def _advances(self, signed: date) -> Iterator[Step]:
        entered = self._entered(signed)
        for stage, day in entered:
            if self._row.get("linked") == stage:
                yield self._at(day, 10), self._link
            yield self._at(day, 11), lambda stage=stage: self._reach(stage)  # type: ignore[misc]
        if self._row.get("linked") == LATE:
            yield self._at(entered[-1][1], 14), self._link

    def _entered(self, signed: date | None) -> list[tuple[Stage, date]]:
        """Return when each stage after the talks was entered."""
        if signed is None:
            return []
        span = max(0, (self._today - signed).days)
        later = self._row.get("then", {}).items()
        return [
            (Stage.SIGNED, signed),
            *((Stage(name), signed + timedelta(days=int(span * share))) for name, share in later),
        ]

    def _obstacle(
        self, text: str, unit: str, ago: int, until: int, clearing: str | None
    ) -> Iterator[Step]:
        raised = self._today - timedelta(days=ago)
        made: list[int] = []

        def note() -> None:
            due = self._local_day() + timedelta(days=until)
            one = raise_obstacle(
                self._owner, self._project.id, text, self._cast.units[unit], due_on=due
            )
            made.append(one.id)

        yield self._at(raised, 14), note
        if clearing:
            cleared = raised + timedelta(days=max(2, until - 5))
            yield self._at(cleared, 15), lambda: self._clear(made[0], clearing)

    # What happens ----------------------------------------------------------------------------

    def _create(self) -> None:
        row = self._row
        details = Details(
            name=row["name"], investment=round(row["invest"] * 1000),
            owner_id=self._owner.user_id or 0, annual_tax=row.get("tax"), chain=row["chain"],
            plot=row["plot"], source=row["source"],
            summary=f"{row['name']}项目，拟总投资{row['invest']}亿元。",
        )  # fmt: skip
        self._project = create_project(self._owner, details, self._local_day())
        if "signed" in row:
            self._plan(self._hoped_for())

    def _hoped_for(self) -> dict[Stage, date]:
        """Return the first plan: a little earlier than it came, as plans are."""
        hoped: dict[Stage, date] = {}
        for stage, day in self._entered(self._day(self._row["signed"])):
            early = day - timedelta(days=self._chance.randint(0, 25))
            hoped[stage] = max([early, *hoped.values()])
        return hoped

    def _reach(self, stage: Stage) -> None:
        current = Stage(self._project.stage)
        reason = "" if following(current) is stage else self._row["skip"]
        self._project = reach(self._owner, self._project.id, stage, self._local_day(), reason)
        for service in services(self._project.id):
            if service.ticket is not None and service.id not in self._seen:
                self._seen.add(service.id)
                self._spawn(self._ticket_life(service.ticket, service.item_code))

    def _ticket_life(self, ticket: Ticket, code: str) -> Moments:
        recent = self._now - clock.now() < timedelta(days=30)
        story = Story(
            code, self._row["firm"], clock.now(), channel="project",
            result="explained" if code == HIRING else "solved",
            pace=self._chance.uniform(0.3, 0.9), rating=self._chance.choice((5, 5, 5, 4, 4, 3)),
            stop="resolve" if recent and self._cast.items[code].promised_days > 5 else "",
        )  # fmt: skip
        words = {"project_name": self._project.name, "invest": self._project.investment / 1000}
        return ServiceLife(self._cast, story, self._chance, ticket.id, words).run()

    def _plan_next(self) -> None:
        """Plan the stages ahead from the next one's day on, three months apart."""
        ahead = STAGES[STAGES.index(Stage(self._project.stage)) + 1 :]
        first = self._today + timedelta(days=self._row["next"])
        self._plan({stage: first + timedelta(days=90 * n) for n, stage in enumerate(ahead)})

    def _plan(self, planned: Mapping[Stage, date]) -> None:
        self._project = plan(self._owner, self._project.id, planned, self._project.version)

    def _link(self) -> None:
        client = self._cast.clients[self._row["firm"]]
        self._project = link_enterprise(
            self._owner, self._project.id, client.enterprise_id, self._project.version
        )

    def _clear(self, obstacle_id: int, clearing: str) -> None:
        clear_obstacle(self._owner, self._project.id, obstacle_id, clearing)

    def _end(self, reason: str) -> None:
        end_project(self._head, self._project.id, reason, self._project.version)

    # Days --------------------------------------------------------------------------------------

    def _day(self, value: date | int) -> date:
        return self._today - timedelta(days=value) if isinstance(value, int) else value

    def _at(self, day: date, hour: int) -> datetime:
        """Return a working moment on ``day`` or the next working day."""
        zone = self._cast.hours.local(self._now).tzinfo
        moment = datetime.combine(day, time(hour, self._chance.randrange(50)), zone)
        return self._cast.hours.next_working_moment(moment)

    def _local_day(self) -> date:
        return self._cast.hours.local(clock.now()).date()


class ServiceLife(Life):
    """The life of a ticket that a milestone has opened already."""

    def __init__(
        self, cast: Cast, story: Story, chance: Random, ticket_id: int, words: Mapping[str, Any]
    ) -> None:
        super().__init__(cast, story, chance)
        self._ticket_id, self._known = ticket_id, words

    def _submit(self) -> None:
        self._words = {**self._answer_form(), **self._known}
        self._ticket = db.session.get_one(Ticket, self._ticket_id)

    def _hire(self) -> Moments:
        """No posts were named when the milestone opened the request: nobody was placed yet."""
        yield from ()
