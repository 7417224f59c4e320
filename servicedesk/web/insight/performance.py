"""Performance (绩效): rankings, one page for each result with its reasons, contest and answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.clock import clock
from servicedesk.core.figures import BY_KEY as FIGURES
from servicedesk.core.performance import COMPONENTS, KINDS, MINIMUM
from servicedesk.core.permissions import allows
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.organisation.queries import unit as get_unit
from servicedesk.organisation.queries import units
from servicedesk.performance import actions
from servicedesk.performance.models import PerformanceNote
from servicedesk.performance.periods import choices, last_months, span_of
from servicedesk.performance.queries import (
    Kind,
    Weights,
    note,
    notes_on,
    period_of,
    some_note_waits,
    waiting_notes,
    weights_for,
)
from servicedesk.performance.reach import (
    may_contest,
    own_unit,
    sees_park,
    sees_unit,
    visible_person,
    visible_unit,
)
from servicedesk.performance.results import (
    Result,
    Subject,
    default_period,
    of_people,
    of_units,
)
from servicedesk.reports.sheets import Value
from servicedesk.statistics.cutting import Span
from servicedesk.statistics.facts import stale
from servicedesk.tickets.facts import ZONE
from servicedesk.web.access import actor, requires
from servicedesk.web.forms import tidy
from servicedesk.web.insight import performance_words as words
from servicedesk.web.insight.blueprint import insight
from servicedesk.web.quickly import drawn
from servicedesk.web.sheets import send_list

RECENT = 3  # months: an older score is not what a reader looks for first


@dataclass(frozen=True, slots=True)
class Asked:
    """The period that an address asks for, its days, and the weights that hold for it.

    ``instead``: the address asks for none, and no month of late has a score to show.
    """

    period: str
    span: Span
    weights: Weights
    instead: bool = False

    def units(self) -> Sequence[Result]:
        """Return every unit's result."""
        return of_units(actor().park_id, self.span, self.weights.values, clock.now())

    def people(self, unit_id: int | None) -> Sequence[Result]:
        """Return the results of a unit's people."""
        return of_people(actor().park_id, unit_id, self.span, self.weights.values, clock.now())


def _asked() -> Asked:
    park_id, now = actor().park_id, clock.now()
    period, instead = request.args.get("period", ""), False
    if not period:
        period, instead = _first_shown(park_id, now.astimezone(ZONE).date())
    span = span_of(period)
    if span is None:
        abort(400)
    return Asked(period, span, weights_for(park_id, span), instead)


def _first_shown(park_id: int, today: date) -> tuple[str, bool]:
    """Return the period to show first, and whether it is a year in place of a month long ago."""
    month, lately = default_period(park_id, today), last_months(today, RECENT)
    return (month, False) if month in lately else (lately[0][:4], True)


def _show(template: str, asked: Asked, **values: Any) -> str:
    today = clock.now().astimezone(ZONE).date()
    known = choices(today)
    return render_template(
        template, asked=asked, period=asked.period, span=asked.span, words=words,
        periods=known if asked.period in known else [asked.period, *known],
        components=COMPONENTS, figures=FIGURES, meaning_of=meaning_of, minimum=MINIMUM, formula=words.formula(),
        waiting=stale(actor().park_id), may_list=allows(actor(), "ticket.queue"), **values,
    )  # fmt: skip


def _charts(results: Sequence[Result], period: str) -> dict[str, Any]:
    scored = [one for one in results if one.score.value is not None]
    scores = {
        "names": [one.subject.name for one in scored],
        "series": [{"name": _("得分"), "data": [one.score.value for one in scored]}],
        "links": [words.page_of(one.subject, period) for one in scored],
        "sideways": True,
    }
    return {"scores": scores}


@insight.get("/performance")
@requires("performance.view")
def performance() -> str | Response:
    """Show the ranking that the person may see: of all units, or the own unit and its people."""
    asked, unit = _asked(), own_unit(actor())
    if sees_park(actor()):
        results, people = asked.units(), None
    elif unit is not None:
        results = [one for one in asked.units() if one.subject.id == unit.id]
        people = asked.people(unit.id)
    else:
        address = url_for(
            "insight.performance_person", user_id=actor().user_id, period=asked.period
        )  # fmt: skip
        return redirect(address)
    return _show(
        "insight/performance.html", asked, unit=unit, whole_park=sees_park(actor()),
        notes=_waiting(), body=_body(asked, results, people),
    )  # fmt: skip


def _body(asked: Asked, results: Sequence[Result], people: Sequence[Result] | None) -> Markup:
    """Return everything on the page that shows a score."""
    return drawn(
        "insight/performance_body.html", results=tuple(results),
        people=None if people is None else tuple(people), period=asked.period, span=asked.span,
        version=asked.weights.version, whole_park=sees_park(actor()),
        may_list=allows(actor(), "ticket.queue"), words=words, components=COMPONENTS,
        meaning_of=meaning_of, formula_of=words.formula, charts_of=_charts,
    )  # fmt: skip


def meaning_of(figure: str) -> str:
    """Return what a figure means, in the words of its definition."""
    return FIGURES[figure].meaning


@dataclass(frozen=True, slots=True)
class Waiting:
    """A note that waits for an answer: whose result of which period, and where."""

    name: str
    period: str
    note: PerformanceNote


def _waiting() -> list[Waiting]:
    if not allows(actor(), "performance.answer") or not some_note_waits(actor().park_id):
        return []
    found = waiting_notes(actor().park_id)
    people = person_names(one.subject_id for one in found if one.subject == Kind.PERSON)
    named = {unit.id: unit.name for unit in units(actor().park_id)}
    return [
        Waiting(
            (named if one.subject == Kind.UNIT else people).get(one.subject_id, ""),
            period_of(one.starts_on, one.ends_on), one,
        )
        for one in found
    ]  # fmt: skip


# One result -----------------------------------------------------------------------------------


def _unit_or_404(unit_code: str) -> Subject:
    return visible_unit(actor(), unit_code) or abort(404)


def _person_or_404(user_id: int) -> Subject:
    return visible_person(actor(), user_id) or abort(404)


@insight.get("/performance/units/<unit_code>")
@requires("performance.view")
def performance_unit(unit_code: str) -> str:
    """Show one unit's result, where it comes from, and its people's."""
    return _page(_unit_or_404(unit_code))


@insight.get("/performance/people/<int:user_id>")
@requires("performance.view")
def performance_person(user_id: int) -> str:
    """Show one person's result and where it comes from."""
    return _page(_person_or_404(user_id))


def _page(subject: Subject, wrong: str = "", text: str = "", answered: int = 0) -> str:
    asked = _asked()
    people = asked.people(subject.unit_id)
    results = people if subject.kind is Kind.PERSON else asked.units()
    result = next((one for one in results if one.subject.id == subject.id), None)
    notes = notes_on(actor().park_id, subject.kind, subject.id, asked.span)
    return _show(
        "insight/performance_subject.html", asked, subject=subject, result=result,
        why=words.why(result) if result else [], kinds=KINDS, notes=notes,
        people=people if subject.kind is Kind.UNIT else None,
        unit=get_unit(subject.unit_id) if subject.unit_id is not None else None,
        may_see_unit=sees_unit(actor(), subject.unit_id) and subject.unit_id is not None,
        names=person_names([one for n in notes for one in (n.by_id, n.answered_by_id)]),
        may_contest=may_contest(actor(), subject),
        may_answer=allows(actor(), "performance.answer"), me=actor().user_id,
        wrong=wrong, text=text, answered=answered, text_max=actions.TEXT_MAX,
        charts=_charts(people, asked.period),
    )  # fmt: skip


@insight.post("/performance/units/<unit_code>/notes")
@requires("performance.contest")
def performance_contest_unit(unit_code: str) -> str | tuple[str, int] | Response:
    """Contest the unit's result."""
    return _contest(_unit_or_404(unit_code))


@insight.post("/performance/people/<int:user_id>/notes")
@requires("performance.contest")
def performance_contest_person(user_id: int) -> str | tuple[str, int] | Response:
    """Contest one's own result."""
    return _contest(_person_or_404(user_id))


def _contest(subject: Subject) -> str | tuple[str, int] | Response:
    if not may_contest(actor(), subject):
        abort(403)
    asked, text = _asked(), tidy(request.form.get("text"))
    try:
        actions.contest(actor(), subject, asked.span, text)
    except Refused as refused:
        return _page(subject, refused.reason, text), 422
    flash(_("申诉已提交，有权答复的人已收到通知。"), "success")
    return redirect(words.page_of(subject, asked.period, "notes"))


def _noted_or_404(contest_id: int) -> tuple[PerformanceNote, Subject]:
    """Return a note and whose result it is about, for whoever may see that result."""
    found = note(actor().park_id, contest_id) or abort(404)
    if found.subject == Kind.UNIT:
        return found, _unit_or_404(get_unit(found.subject_id).code)
    return found, _person_or_404(found.subject_id)


@insight.get("/performance/notes/<int:contest_id>")
@requires("performance.view")
def performance_note(contest_id: int) -> Response:
    """Lead a notice's reader to the result that a note is about."""
    found, subject = _noted_or_404(contest_id)
    return redirect(words.page_of(subject, period_of(found.starts_on, found.ends_on), "notes"))


@insight.post("/performance/notes/<int:contest_id>")
@requires("performance.answer")
def performance_answer(contest_id: int) -> str | tuple[str, int] | Response:
    """Answer a note."""
    found, subject = _noted_or_404(contest_id)
    text = tidy(request.form.get("answer"))
    try:
        actions.answer(actor(), found.id, text)
    except Refused as refused:
        return _page(subject, refused.reason, text, found.id), 422
    flash(_("已答复，申诉人已收到通知。"), "success")
    return redirect(words.page_of(subject, period_of(found.starts_on, found.ends_on), "notes"))


# Export -----------------------------------------------------------------------------------------


@insight.get("/performance.xlsx")
@requires("performance.view")
def performance_export() -> Response:
    """Send the ranking as an Excel file, every input of every score with it."""
    asked, code = _asked(), request.args.get("unit", "")
    if code:
        results = asked.people(_unit_or_404(code).unit_id)
    elif sees_park(actor()):
        results = asked.units()
    else:
        abort(404)
    return send_list(
        actor(), "performance", _("绩效"), _columns(), _rows(results, asked)
    )  # fmt: skip


def _columns() -> list[tuple[str, int]]:
    found = [
        (N_("名次"), 8), (N_("名称"), 30), (N_("得分"), 10), (N_("办结（件）"), 12),
        (N_("考核期"), 12), (N_("权重版本"), 10),
    ]  # fmt: skip
    for one in COMPONENTS:
        name = _(one.label)
        found += [
            (_("%(name)s：达到", name=name), 14), (_("%(name)s：应计", name=name), 14),
            (_("%(name)s：比率（％）", name=name), 14),
            (_("%(name)s：校正后（％）", name=name), 14),
            (_("%(name)s：权重", name=name), 10), (_("%(name)s：得分", name=name), 10),
        ]  # fmt: skip
    return found


def _rows(results: Sequence[Result], asked: Asked) -> Iterator[list[Value]]:
    for one in results:
        row: list[Value] = [
            one.rank if one.rank is not None else _("件数不足"), one.subject.name,
            one.score.value, one.score.delivered, asked.period, asked.weights.version,
        ]  # fmt: skip
        for line in one.score.lines:
            row += [
                line.made, line.tally.whole, _hundred(line.share), _hundred(line.counted),
                line.weight, None if line.points is None else round(line.points, 2),
            ]  # fmt: skip
        yield row


def _hundred(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)
