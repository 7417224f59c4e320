"""The plan of the demo: the stories of 2024, of the years since, and of these days."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from random import Random

from servicedesk.core.worktime import Calendar
from servicedesk.demo import figures_of_2024, spice, today
from servicedesk.demo.figures_of_2024 import NEW_YEAR, START_UP
from servicedesk.demo.moments import on_day, sometime
from servicedesk.demo.stories import Story

COUNTED = frozenset(
    {"C01", "F01", "E02", "F02", "F03", "F05", "D02", "F06", "E03", "F07", "E01", "E04"}
)
OTHERS: Mapping[str, int] = {
    "A03": 6, "A04": 7, "A05": 4, "A06": 9, "A07": 3, "A08": 4, "B02": 5, "C02": 3, "C03": 4,
    "C04": 3, "D01": 13, "D03": 5, "D04": 4, "E05": 4, "F04": 7, "G01": 6, "G02": 3, "G03": 4,
    "G04": 4, "G05": 4, "G06": 3, "G07": 8, "G08": 6, "H01": 7, "H02": 3, "H03": 7, "I01": 6,
    "I02": 7, "I03": 4, "J01": 6, "J02": 5, "J03": 14, "J04": 3, "J05": 3, "J06": 5,
}  # fmt: skip
LAST_COUNTED = date(2024, 11, 22)  # what the figures count must be closed within the year
SINCE = 96  # tickets from January 2025 until two weeks ago
LATELY = 26  # and in the last two weeks, beside those of ``today``


class Plan:
    """Makes the stories; the same seed makes the same ones."""

    def __init__(
        self, firms: Sequence[str], days: Mapping[str, int], hours: Calendar, seed: int
    ) -> None:
        self._firms, self._days, self._hours = firms, days, hours
        self._chance = Random(seed)

    def year_2024(self) -> list[Story]:
        """Return the stories of 2024: those that figures count, and the rest of park life."""
        counted = list(figures_of_2024.stories(self._firms, self._hours, self._chance))
        for story in counted:
            self._season(story)
            story.returned = story.returned and self._days[story.item] > 1
            if story.at == NEW_YEAR:
                story.at = sometime(story, 2024, self._hours, self._chance, LAST_COUNTED)
        self._spoil_some(counted)
        return [*counted, *self._others(), *self._turned_away()]

    def _season(self, story: Story) -> Story:
        rated = spice.season(story, self._days[story.item], self._chance)
        if rated.resolve_from is not None:
            rated.supplement, rated.extension, rated.messages = False, "", 0
        return rated

    def _spoil_some(self, counted: list[Story]) -> None:
        """Some counted tickets are late or badly rated, too, and put right within the year."""
        early = [story for story in counted if story.at.month < 10 and not story.resolve_from]
        for number, story in enumerate(self._chance.sample(early, k=16)):
            if number % 2:
                story.late, story.extension = (0.2, 0.4, 1.2)[number % 3], ""
            else:
                story.rating = 1 + number // 2 % 2
                story.after_bad = "verify" if number % 4 else "rework"

    def _others(self) -> list[Story]:
        stories = [
            self._season(Story(item, self._firm(), NEW_YEAR, spice.channel(self._chance)))
            for item, count in OTHERS.items()
            for _ in range(count)
        ]
        _of_source(stories)
        for story in stories:
            story.at = sometime(story, 2024, self._hours, self._chance, date(2024, 12, 28))
        plain = [story for story in stories if story.outcomes is None]
        spice.trouble(plain, self._chance)
        return stories

    def _turned_away(self) -> Iterator[Story]:
        """Requests of counted items that were declined or withdrawn: no figure sees them."""
        for item in ("F06", "F06", "F06", "C01", "E01", "D02", "F02", "F05", "A01", "E03"):
            ending = self._chance.choice(("declined", "withdrawn"))
            story = Story(item, self._firm(), NEW_YEAR, ending=ending)
            story.at = sometime(story, 2024, self._hours, self._chance, LAST_COUNTED)
            yield story

    def since(self, now: datetime) -> list[Story]:
        """Return what came after 2024 until two weeks before ``now``."""
        first, last = date(2025, 1, 2), self._hours.local(now).date() - timedelta(days=15)
        if last <= first:
            return []
        stories = [self._any_day(first, last) for _ in range(SINCE)]
        spice.trouble([s for s in stories if s.at < now - timedelta(days=45)], self._chance)
        return stories

    def lately(self, now: datetime) -> list[Story]:
        """Return the last two weeks, dense, and the tickets that stand open at ``now``."""
        last = self._hours.local(now).date()
        first = last - timedelta(days=14)
        return [
            *(self._any_day(first, last) for _ in range(LATELY)),
            *today.stories(self._days, self._hours, now, self._chance),
        ]

    def _any_day(self, first: date, last: date) -> Story:
        day = first + timedelta(days=self._chance.randrange((last - first).days + 1))
        items = [*OTHERS, *OTHERS, *COUNTED, *START_UP, *START_UP]
        item = self._chance.choice(sorted(items))
        story = Story(item, self._firm(), NEW_YEAR, spice.channel(self._chance))
        story.at = on_day(story.channel, day, self._hours, self._chance)
        return self._season(story)

    def _firm(self) -> str:
        return self._chance.choice(self._firms)


def _of_source(stories: list[Story]) -> None:
    """What else the summary says: seven new above-scale enterprises, four provincial platforms."""
    new_above_scale = iter(
        ["洁途环卫", "沅储新能", "五溪醇能", "极联数码", "湘越供应链", "博抗生物", "蓝桥智能"]
    )
    for story in stories:
        if story.item == "F04":
            story.firm, story.done = next(new_above_scale), 0
            story.outcomes = {"applied": 1, "recognised": 1}
        elif story.item == "E05":
            story.done, story.outcomes = 0, {"applied": 1, "platforms": 1}
