"""The demo's packages: some done in 2024, some running side by side now, one held up, one waiting."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from servicedesk.clock import clock
from servicedesk.core.packages import StepState
from servicedesk.core.permissions import Actor, Role
from servicedesk.core.workflow import State
from servicedesk.demo import texts
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import SHOWN
from servicedesk.demo.loop import Moments
from servicedesk.extensions import db
from servicedesk.packages.actions import Application, end_wait, submit_case
from servicedesk.packages.models import PackageCase, PackageStep
from servicedesk.packages.queries import package_by_code, steps_of
from servicedesk.tickets.actions import take
from servicedesk.tickets.models import Ticket

DAY_MINUTES = 7 * 60
DONE = "各项均已办好，结果已交给企业。"
REFUSED = "材料与登记信息不一致，本次不予办理，请核对后重新申请。"


@dataclass(frozen=True, slots=True)
class Script:
    """One case: when it begins, what stays open at the end, and which step fails."""

    package: str
    firm: str
    at: datetime
    conditions: Sequence[str] = ()
    without: Sequence[str] = ()
    left_open: Sequence[str] = ()
    fails: str = ""


def lives(cast: Cast, seed: int, now: datetime) -> Iterator[Moments]:
    """Yield a life for each case."""
    for serial, script in enumerate(_scripts(now)):
        if script.at < now:
            yield _Case(cast, script, Random(f"packages:{seed}:{serial}")).run()


def _scripts(now: datetime) -> list[Script]:
    def local(text: str) -> datetime:
        return datetime.fromisoformat(f"{text}+08:00")

    return [
        Script("P1", "恩德莱", local("2024-03-12T09:40"), without=["A05"]),
        Script("P2", "雪峰电气", local("2024-05-21T10:15"), conditions=["名称变更"]),
        Script("P5", "荷力士", local("2024-08-06T15:20")),
        Script("P1", "沅储新能", local("2024-09-19T11:05")),
        Script("P3", "舞水风能", now - timedelta(days=22), left_open=["A07"]),
        Script("P4", SHOWN, now - timedelta(days=12), conditions=["自建"],
               left_open=["G02", "G04", "G07"]),
        Script("P1", "瑞风叶片（筹）", now - timedelta(days=3), left_open=["A02", "B01", "A04", "A05"]),
        Script("P1", "沅康制剂（筹）", now - timedelta(days=8), fails="A02"),
    ]  # fmt: skip


class _Case:
    """One case coming true: it is filed, and every ticket that opens is looked after."""

    def __init__(self, cast: Cast, script: Script, chance: Random) -> None:
        self._cast, self._script, self._chance = cast, script, chance
        self._case: PackageCase

    def run(self) -> Moments:
        """Yield the moments at which something is done for the case."""
        yield self._cast.hours.next_working_moment(self._script.at)
        self._file()
        while step := self._next():
            if step.ticket_id is None:
                yield self._after_the_wait(step)
                end_wait(step.id)
            else:
                yield from self._look_after(step)

    def _file(self) -> None:
        client = self._cast.clients[self._script.firm]
        package = package_by_code(self._cast.park_id, self._script.package)
        assert package is not None
        wanted = Application(
            enterprise_id=client.enterprise_id, conditions=list(self._script.conditions),
            without=list(self._script.without), answers=self._answers(package.steps),
            description="", contact=client.people[0].name, phone=client.phones[0],
            key=f"demo-{self._script.package}-{client.enterprise_id}",
        )  # fmt: skip
        self._case = submit_case(client.people[0], package, wanted)

    def _answers(self, steps: Sequence[Any]) -> dict[str, dict[str, Any]]:
        client = self._cast.clients[self._script.firm]
        words = texts.details(client.firm, self._chance) | {"person": client.people[0].name}
        day = self._cast.hours.local(clock.now()).date()
        codes = [str(one["item"]) for one in steps if one["item"] in texts.of_items()]
        return {
            code: texts.answers(code, self._cast.fields[code], words, day, self._chance)
            for code in codes
        }

    def _next(self) -> PackageStep | None:
        """Return the next step that somebody will do something about."""
        for step in steps_of(self._case.id):
            if step.state == StepState.OPEN and step.key not in self._script.left_open:
                return step
        return None

    def _after_the_wait(self, step: PackageStep) -> datetime:
        assert step.ends_on is not None
        return self._cast.hours.end_of_day(self._cast.hours.next_working_day(step.ends_on))

    def _look_after(self, step: PackageStep) -> Moments:
        ticket_id = step.ticket_id
        assert ticket_id is not None
        code = next(one["item"] for one in self._case.steps if one["key"] == step.key)
        unit = self._unit(str(code))
        officer = self._cast.holder(Role.OFFICER, self._chance, unit)
        desk = self._cast.holder(Role.DESK, self._chance)
        yield self._soon()
        take(desk, ticket_id, "accept")
        take(desk, ticket_id, "dispatch", {"unit_id": self._cast.units[unit], "note": ""})
        yield self._soon()
        take(officer, ticket_id, "sign")
        yield self._soon()
        fails = step.key == self._script.fails
        resolution = REFUSED if fails else DONE
        result = "explained" if fails else "solved"
        take(officer, ticket_id, "resolve", {"result": result, "resolution": resolution})
        if not fails:
            yield from self._word_of_the_enterprise(ticket_id)

    def _unit(self, code: str) -> str:
        own_steps = {"P3A": "SWJ", "P3B": "RSJ", "P3C": "YH", "P3D": "GAJ"}
        return own_steps.get(code) or self._cast.items[code].lead_unit

    def _word_of_the_enterprise(self, ticket_id: int) -> Moments:
        member: Actor = self._cast.clients[self._script.firm].people[0]
        yield self._soon()
        take(member, ticket_id, "confirm")
        if db.session.get_one(Ticket, ticket_id).state == State.FOLLOWED_UP:
            take(
                member, ticket_id, "rate", {"level": 5, "reasons": [], "comment": "一次办好，省心"}
            )

    def _soon(self) -> datetime:
        moment = self._cast.hours.add(clock.now(), self._chance.randint(12, 60))
        return self._cast.hours.next_working_moment(moment)
