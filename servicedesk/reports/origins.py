"""The lists behind the summary's numbers (数字出处): addresses whose rows are exactly what is counted.

Of the park's year the references name the year, as its summary always has; of any other stretch its days,
and only those items that add something to the number. Tables name the days.
"""

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote, urlencode

from servicedesk.reports.outcomes import amounts, enterprises
from servicedesk.reports.phrases import Part
from servicedesk.reports.wording import Stretch
from servicedesk.statistics.cutting import Span
from servicedesk.training.queries import enterprises_consulted, events_held

_EVENTS, _CONSULTATIONS = "/desk/events?state=held&{days}", "/desk/consultations?{days}"
_OF_A_YEAR: Mapping[str, tuple[str, ...]] = {
    "placed": ("/desk/hiring?arrived={year}",),
    "patents": ("/desk/patents?year={year}",),
    "events": (_EVENTS,),
    "advised": (_EVENTS, _CONSULTATIONS),
}
_DECLARATIONS = "/desk/declarations?figure={figure}&{days}&item={item}{listing}"
_DECLARED: Mapping[str, str] = {
    "applied": "declared", "recognised": "decided", "listed_invest": "decided",
    "granted_money": "paid",
}  # fmt: skip


def _are_there(park_id: int, span: Span, part: Part, item: str) -> bool:
    found = amounts(park_id, span, [item], part.metric, part.listing)
    return any(value for _firm, value in found)


def _were_held(park_id: int, span: Span, _part: Part, item: str) -> bool:
    return bool(events_held(park_id, span.start, span.end, [item]))


def _were_given(park_id: int, span: Span, _part: Part, item: str) -> bool:
    return bool(enterprises_consulted(park_id, span.start, span.end, [item]))


# The lists of any days, each with what tells whether it has a row.
_List = tuple[str, Callable[[int, Span, Part, str], bool]]
_HELD: _List = (_EVENTS + "&item={item}", _were_held)
_OF_DAYS: Mapping[str, tuple[_List, ...]] = {
    "placed": (("/insight/register?figure=placed&{days}", _are_there),),
    "patents": (("/insight/register?figure=patents&{days}", _are_there),),
    "events": (_HELD,),
    "advised": (_HELD, (_CONSULTATIONS + "&item={item}", _were_given)),
}


def of_figure(told: Stretch, key: str, **cut: str) -> str:
    """Return the tickets behind a built figure of the park or the unit."""
    return _tickets(told, {"figure": key, **cut})


def of_cell(told: Stretch, key: str, **cut: str) -> str:
    """Return the tickets behind a number of a table; a rate's are those that it was divided by."""
    return _listed({"figure": key, **cut, **_days(told)})


def of_part(park_id: int, told: Stretch, part: Part) -> tuple[str, ...]:
    """Return the lists behind the number of a clause."""
    if part.metric:
        found = _of_a_year(told, part) if told.year_end else _of_days(park_id, told, part)
    else:
        found = _of_tickets(park_id, told, part)
    return tuple(dict.fromkeys(found))


def _of_tickets(park_id: int, told: Stretch, part: Part) -> Iterator[str]:
    channel = {"channel": "visit"} if part.visited else {}
    for item in part.items:
        if told.year_end:
            yield _tickets(told, {"figure": "delivered", "cut": f"item:{item}", **channel})
        elif enterprises(park_id, told.span, [item], visited=part.visited):
            yield _tickets(told, {"figure": "delivered", "item": item, **channel})


def _of_a_year(told: Stretch, part: Part) -> Iterator[str]:
    year = told.period.year
    declared = part.metric in _DECLARED
    days = f"year={year}" if declared else f"since={year}-01-01&until={year}-12-31"
    for item in part.items:
        for form in (_DECLARATIONS,) if declared else _OF_A_YEAR[part.metric]:
            yield _filled(form, part, item, days=days, year=year)


def _of_days(park_id: int, told: Stretch, part: Part) -> Iterator[str]:
    days = f"since={told.span.start}&until={told.span.end}"
    declared: tuple[_List, ...] = ((_DECLARATIONS, _are_there),)
    for item in part.items:
        for form, has_rows in _OF_DAYS.get(part.metric, declared):
            if has_rows(park_id, told.span, part, item):
                yield _filled(form, part, item, days=days)


def _filled(form: str, part: Part, item: str, **more: str | int) -> str:
    listing = f"&listing={quote(part.listing)}" if part.listing else ""
    figure = _DECLARED.get(part.metric, "")
    return form.format(figure=figure, item=item, listing=listing, **more)


def _tickets(told: Stretch, asked: Mapping[str, str]) -> str:
    days = {"period": str(told.period.year)} if told.year_end else _days(told)
    return _listed({**asked, **days})


def _days(told: Stretch) -> dict[str, str]:
    days = {"since": str(told.span.start), "until": str(told.span.end)}
    return {**days, "unit": told.unit} if told.unit else days


def _listed(asked: Mapping[str, str]) -> str:
    return "/desk/?" + urlencode(asked, safe=":")
