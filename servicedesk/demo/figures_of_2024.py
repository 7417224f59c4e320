"""The tickets behind the park's 2024 summary, as stories: who got what, and how much of it.

The figures are nowhere written into a report: the report counts the tickets that come of these.
F1-F12 are the numbers of tests/demo/figures-2024.yaml.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from servicedesk.core.worktime import Calendar
from servicedesk.demo.enterprises import SHOWN
from servicedesk.demo.moments import on_day
from servicedesk.demo.stories import Story

NEW_YEAR = datetime.fromisoformat("2024-01-02T09:00+08:00")
POOL, PRODUCTS = "省工信厅重点项目库", "省优势产业优势企业产品名录"
FINANCE = "省制造业领域大规模设备融资意向名录"
START_UP = ("A01", "B01", "A02")
INNOVATIVE = ["程鑫光电", "云臂智能", "慧眼传感", "康沅器械", "三湘连接", "武陵液压"]
REGISTERED = [
    "怀科科技", "恩德莱", "芯沅微电", "智联物芯", "博抗生物", "数维软件", "鹏程锂能", "蓝桥智能",
    "中方充电",
]  # fmt: skip
SPECIALISED = ["冠捷科技", "顺天帆业"]
LITTLE_GIANTS = {"德众集团": "approve", "思车网": "refuse"}
INVESTORS = {"荷力士": 6.5, "洁途环卫": 5.2, "沅储新能": 4.8, "钒源储能": 4.1, "磐石线路板": 3.2}
LISTED_PRODUCTS = ["方诺科技", "雪峰电气", "正清源", "湘西矿机", "沅丰米业"]
FINANCED = ["金丰源", "荷力士"]
SUBSIDISED = "海红盛"
POLICIES = {POOL: "ZC2024-F05A", PRODUCTS: "ZC2024-F05B"}
TRAININGS = (  # 智赋千企、高企认定、成果转化: four afternoons
    (date(2024, 3, 21), "智赋千企"),
    (date(2024, 5, 16), "高企认定"),
    (date(2024, 8, 22), "成果转化"),
    (date(2024, 10, 17), "高企认定"),
)


def _story(item: str, firm: str, **traits: Any) -> Story:
    return Story(item, firm, NEW_YEAR, **traits)


def stories(firms: Sequence[str], hours: Calendar, chance: Random) -> Iterator[Story]:
    """Yield every story that a figure of 2024 counts; the moments are set by the caller.

    A story that sets its own moment (a training) is later than ``NEW_YEAR``.
    """
    yield from _started_up(firms, chance)
    yield from _hired(firms, chance)
    yield from _patented(firms, chance)
    yield from _recognised()
    yield from _trained(firms, hours, chance)


def _started_up(firms: Sequence[str], chance: Random) -> Iterator[Story]:
    """F1: 53 enterprises were visited, some twice."""
    visited = chance.sample(firms, k=53)
    for firm in [*visited, *chance.sample(visited, k=14)]:
        yield _story(chance.choices(START_UP, (4, 5, 5))[0], firm, channel="visit")
    for firm in chance.sample(firms, k=8):  # and without a visit
        yield _story(chance.choice(START_UP), firm)


def _hired(firms: Sequence[str], chance: Random) -> Iterator[Story]:
    """F2: 28 enterprises, 512 people."""
    hiring = chance.sample(firms, k=28)
    tickets = [*hiring, *chance.sample(hiring, k=4)]
    for firm, placed in zip(tickets, parts(512, len(tickets), 6, 34, chance), strict=True):
        wanted = placed + chance.randint(0, max(2, placed // 3))
        yield _story(
            "C01",
            firm,
            answers={"head_count": wanted},
            outcomes={"jobs_wanted": wanted, "placed": placed},
            channel=chance.choice(("portal", "portal", "phone", "counter")),
        )


def _patented(firms: Sequence[str], chance: Random) -> Iterator[Story]:
    """F11: 27 enterprises, 96 patents."""
    inventors = chance.sample(firms, k=27)
    tickets = [*inventors, *chance.sample(inventors, k=6)]
    for firm, granted in zip(tickets, parts(96, len(tickets), 1, 6, chance), strict=True):
        cases = granted + chance.randint(0, 2)
        answers = {"case_count": cases, "kind": chance.choice((["发明"], ["实用新型"]))}
        yield _story("E03", firm, answers=answers, outcomes={"patents": granted})


def _recognised() -> Iterator[Story]:
    """F3-F10: what the park coaches; declarations say who was approved (``demo.declarations``)."""
    yield from _declared("F01", INNOVATIVE, ["拓路机械", "沅声电子", "辣妹坊"])
    yield from _declared("E02", REGISTERED, ["众焊装备", "绿源环保"])
    yield from _declared("F02", SPECIALISED, ["方诺科技", "沃岩钻具", "怀科科技"])
    for firm, verdict in LITTLE_GIANTS.items():  # decided after the year's end
        yield _coached("F03", firm, {}, verdict=verdict, channel="counter")
    for firm, invest in INVESTORS.items():
        yield _coached("F05", firm, {"listing": POOL, "invest": invest})
    for firm in LISTED_PRODUCTS:
        yield _coached("F05", firm, {"listing": PRODUCTS})
    yield _coached("F05", "凌云热能", {"listing": POOL, "invest": 0.9}, verdict="refuse")
    yield _coached("F05", "碣滩茗", {"listing": PRODUCTS}, verdict="refuse")
    for firm in FINANCED:
        yield _coached("D02", firm, {"listing": FINANCE})
    yield _coached("D02", "恒铸精工", {"listing": FINANCE}, verdict="refuse")
    answers = {
        "matter": "申请兑现",
        "policy": "专精特新专板挂牌补助",
        "amount": 20,
        "recognition": "专精特新专板挂牌",
    }
    yield _coached("F06", SUBSIDISED, answers, verdict="pay")


def _declared(item: str, approved: Iterable[str], refused: Iterable[str]) -> Iterator[Story]:
    for firm in approved:
        yield _coached(item, firm, {})
    for firm in refused:
        yield _coached(item, firm, {}, verdict="refuse")


def _coached(item: str, firm: str, answers: Mapping[str, Any], **traits: Any) -> Story:
    """The park's own service: papers looked through and handed on; its ticket counts no verdict."""
    policy = POLICIES.get(str(answers.get("listing", "")), f"ZC2024-{item}")
    more = {"verdict": "approve", "declares": policy, "outcomes": {}, **traits}
    return _story(item, firm, answers=answers, done=0, **more)


def advised(firms: Sequence[str]) -> list[str]:
    """F12: the 63 enterprises that were at one of the four trainings or asked for advice.

    The trainings and consultations of ``demo.training`` and the requests here draw on the same.
    """
    others = [firm for firm in firms if firm != SHOWN]
    return [SHOWN, *Random("advised").sample(others, k=62)]


def _trained(firms: Sequence[str], hours: Calendar, chance: Random) -> Iterator[Story]:
    """Requests beside the trainings: who asked for them, and help with E01 and E04."""
    known = advised(firms)
    for firm, (day, topic) in zip(chance.sample(known, k=4), TRAININGS, strict=True):
        yield _host(firm, day, topic, hours, chance)
    for firm in chance.sample(known, k=32):
        yield _story(chance.choices(("E01", "E04"), (5, 4))[0], firm)


def _host(firm: str, day: date, topic: str, hours: Calendar, chance: Random) -> Story:
    """A request for a training: answered when that was held, and counted by the event itself."""
    at = on_day("portal", day - timedelta(days=chance.randint(7, 10)), hours, chance)
    over = hours.subtract(hours.end_of_day(day), chance.randint(2, 30))
    people = chance.randint(1, 4)
    answers = {
        "wish": "申请专场", "topics": [topic], "attendees": people,
        "preferred_date": day.isoformat(),
    }  # fmt: skip
    return Story("F07", firm, at, answers=answers, outcomes={}, resolve_from=over)


def parts(total: int, count: int, low: int, high: int, chance: Random) -> list[int]:
    """Return ``count`` whole numbers from ``low`` to ``high`` that add up to ``total``."""
    values = [low] * count
    for _ in range(total - low * count):
        open_ones = [index for index, value in enumerate(values) if value < high]
        values[chance.choice(open_ones)] += 1
    return values
