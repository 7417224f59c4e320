"""The queue of these days: tickets that stand open, one for every state and every light."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from servicedesk.core.worktime import Calendar
from servicedesk.demo.enterprises import SHOWN
from servicedesk.demo.moments import working_day_back
from servicedesk.demo.stories import Story

PREPARING = ("瑞风叶片（筹）", "沅康制剂（筹）")


class _Days:
    """Finds the moment at which a ticket must have come in to stand where it stands now."""

    def __init__(self, days: Mapping[str, int], hours: Calendar, now: datetime) -> None:
        self._days, self._hours, self._now = days, hours, now
        self._today = hours.local(now).date()

    def back(self, count: int, hour: int, minute: int) -> datetime:
        """Return a moment ``count`` working days ago."""
        day = working_day_back(self._today, count, self._hours)
        return self._at(day, hour, minute)

    def due(self, item: str, closes: int) -> datetime:
        """Return when a request came in that is due at a close of business.

        0 is the next one to come, 1 the one after it, -1 the last one that has passed.
        """
        day = self._close(closes)
        return self._at(working_day_back(day, self._days[item], self._hours), 9, 12)

    def _close(self, closes: int) -> date:
        day = working_day_back(self._today, 0, self._hours)
        if day < self._today or self._hours.end_of_day(day) <= self._now:
            day = self._hours.next_working_day(day)
        if closes < 0:
            return working_day_back(day, -closes, self._hours)
        return self._hours.add_working_days(day, closes) if closes else day

    def _at(self, day: date, hour: int, minute: int) -> datetime:
        zone = self._hours.local(self._now).tzinfo
        return datetime.combine(day, time(hour, minute)).replace(tzinfo=zone)


def stories(
    days: Mapping[str, int], hours: Calendar, now: datetime, chance: Random
) -> Iterator[Story]:
    """Yield the open tickets; what would have come in later than ``now`` is left out."""
    for story in _all(_Days(days, hours, now), now):
        story.at += timedelta(minutes=chance.randrange(8))
        if story.at < now:
            yield story


def _all(days: _Days, now: datetime) -> Iterator[Story]:
    yield from _waiting_for_the_desk(days, now)
    yield from _in_progress(days)
    yield from _late(days)
    yield from _with_the_enterprise(days)


def _stands(item: str, firm: str, at: datetime, stop: str, **traits: Any) -> Story:
    return Story(item, firm, at, stop=stop, **traits)


def _waiting_for_the_desk(days: _Days, now: datetime) -> Iterator[Story]:
    yield _stands("J03", SHOWN, now - timedelta(minutes=32), "accept", files=1)
    yield _stands("C01", "极联数码", now - timedelta(minutes=70), "accept")
    yield _stands("D01", "武陵液压", now - timedelta(minutes=25), "accept")
    yield _stands("F06", "恩德莱", now - timedelta(hours=13), "accept")
    yield _stands("A01", PREPARING[0], days.back(1, 10, 2), "dispatch", channel="visit")
    yield _stands("G08", PREPARING[1], days.back(1, 10, 20), "dispatch")
    yield _stands("I02", "恒铸精工", days.back(1, 9, 30), "dispatch", channel="phone")
    yield _stands("A08", "辣妹坊", days.back(1, 13, 40), "sign")
    yield _stands("G07", "芯沅微电", days.back(1, 13, 35), "sign", channel="counter")
    yield _stands("B02", "三湘连接", days.back(1, 13, 50), "sign", returned=True)
    yield _stands("J05", "楚韵纺织", days.back(1, 9, 5), "settle", channel="phone")


def _in_progress(days: _Days) -> Iterator[Story]:
    yield _stands("G01", PREPARING[0], days.due("G01", 0), "resolve", channel="visit")
    yield _stands("A08", "腊月香", days.back(3, 9, 40), "resolve", messages=2, note=True)
    yield _stands("D01", SHOWN, days.back(3, 10, 10), "resolve", messages=3, files=1)
    yield _stands("E01", "慧眼传感", days.back(4, 14, 20), "resolve", messages=1)
    yield _stands("G08", "云臂智能", days.back(2, 15, 0), "resolve")
    yield _stands("J05", "湘西矿机", days.back(3, 11, 5), "resolve", note=True, messages=1)
    yield _stands("A08", "陆港冷链", days.due("A08", 0), "resolve", messages=1)
    yield _stands("J03", "磐石线路板", days.due("J03", 0), "resolve", messages=2)
    yield _stands("I01", "沅芷日化", days.due("I01", 0), "resolve")
    yield _stands("A08", "沅丰米业", days.due("A08", 1), "decide", extension="pending")
    yield _stands("G07", "鹏程锂能", days.due("G07", 1), "decide", extension="pending")


def _late(days: _Days) -> Iterator[Story]:
    yield _stands("A06", "顺天帆业", days.due("A06", -1), "resolve", channel="counter")
    yield _stands("J02", "冠捷科技", days.due("J02", -1), "resolve", messages=2)
    yield _stands("G07", "雪峰电气", days.due("G07", -2), "resolve", messages=1, note=True)
    yield _stands("D04", "拓路机械", days.due("D04", -4), "resolve", messages=3)
    yield _stands("J05", "鹤储粮油", days.due("J05", -7), "resolve", messages=3, note=True)


def _with_the_enterprise(days: _Days) -> Iterator[Story]:
    ask = {"supplement": True}
    yield _stands("G04", SHOWN, days.back(3, 9, 25), "supplement", **ask, messages=1)
    yield _stands("A06", "数维软件", days.back(1, 9, 15), "supplement", **ask)
    yield _stands("E02", "亮彩光电", days.back(3, 14, 0), "supplement", **ask)
    yield _stands("A02", "中方充电", days.back(1, 9, 20), "follow_up", pace=0.3)
    yield _stands("H01", "方诺科技", days.back(4, 9, 40), "follow_up", pace=0.3, misses=1)
    yield _stands("B01", "湘越供应链", days.back(1, 9, 10), "follow_up", pace=0.3)
    yield _stands("A06", SHOWN, days.back(3, 9, 30), "rate", pace=0.4)
    yield _stands("A04", "凤滩玻璃", days.back(3, 10, 0), "rate", pace=0.4)
    yield _stands("I03", "楚韵纺织", days.back(6, 9, 30), "verify", pace=0.4, rating=1)
    yield _stands("J03", "国信饲料", days.back(8, 9, 30), "verify", pace=0.4, rating=2)
    yield _stands("A02", SHOWN, days.back(1, 9, 5), "archive", pace=0.1, rating=5)
