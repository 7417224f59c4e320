"""The weights of the score (绩效权重): read by whoever is measured, tried and published by administrators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.clock import clock
from servicedesk.core.figures import BY_KEY as FIGURES
from servicedesk.core.performance import BY_KEY, COMPONENTS, WEIGHT_MAX, Component, faults
from servicedesk.core.permissions import allows
from servicedesk.core.words import N_
from servicedesk.performance.actions import REASON_MAX, publish
from servicedesk.performance.models import PerformanceWeights
from servicedesk.performance.periods import span_of
from servicedesk.performance.queries import current_weights, versions
from servicedesk.performance.results import Result, default_period, of_units
from servicedesk.tickets.facts import ZONE
from servicedesk.web.access import actor, requires
from servicedesk.web.forms import tidy
from servicedesk.web.insight import performance_words as words
from servicedesk.web.insight.blueprint import insight
from servicedesk.web.publishing import numbers, published


@dataclass(frozen=True, slots=True)
class Field:
    """One weight as the page shows it: the present one, what is typed, and what is wrong with it."""

    component: Component
    current: int
    typed: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version: who published it, and what differs from the one before (before, after)."""

    row: PerformanceWeights
    by: str
    changes: Sequence[tuple[Component, int, int]]


@dataclass(frozen=True, slots=True)
class Effect:
    """What draft weights do to one unit's result of the period that is tried."""

    before: Result
    after: Result


def _history() -> list[Version]:
    rows = versions(actor().park_id)
    people = person_names(row.published_by_id for row in rows)
    return [
        Version(
            row, people.get(row.published_by_id or 0, ""),
            [
                (one, former.values.get(one.key, 0), row.values.get(one.key, 0))
                for one in COMPONENTS
                if former and former.values.get(one.key, 0) != row.values.get(one.key, 0)
            ],
        )
        for row, former in zip_longest(rows, rows[1:])
    ]  # fmt: skip


def _effects(period: str, draft: Mapping[str, int]) -> list[Effect]:
    """Return every unit's result under the present weights and under the draft."""
    park_id, span = actor().park_id, span_of(period)
    assert span is not None
    present = current_weights(park_id).values
    before = {
        one.subject.id: one for one in of_units(park_id, span, present, clock.now())
    }  # fmt: skip
    after = of_units(park_id, span, {**present, **draft}, clock.now())
    return [Effect(before[one.subject.id], one) for one in after]


def _page(
    typed: Mapping[str, str] | None = None, wrong: Mapping[str, str] | None = None, note: str = "",
    draft: Mapping[str, int] | None = None,
) -> str:  # fmt: skip
    typed, wrong, now = typed or {}, wrong or {}, clock.now()
    current = current_weights(actor().park_id)
    period = default_period(actor().park_id, now.astimezone(ZONE).date())
    return render_template(
        "insight/performance_weights.html", version=current.version, wrong=wrong, note=note,
        fields=[
            Field(
                one, current.values[one.key], typed.get(one.key, str(current.values[one.key])),
                wrong.get(one.key, ""),
            )
            for one in COMPONENTS
        ],
        effects=None if draft is None else _effects(period, draft), period=period, words=words,
        most=WEIGHT_MAX, note_max=REASON_MAX, history=_history(), figures=FIGURES,
        formula=words.formula(), may_edit=allows(actor(), "performance.weigh"),
    )  # fmt: skip


@insight.get("/performance/weights")
@requires("performance.view")
def performance_weights() -> str | tuple[str, int]:
    """Show the weights and their versions; whoever publishes them sees what a draft would do."""
    if not allows(actor(), "performance.weigh") or "preview" not in request.args:
        return _page()
    values, typed, wrong = numbers(request.args, BY_KEY)
    wrong = wrong or faults({**current_weights(actor().park_id).values, **values})
    note = tidy(request.args.get("note"))
    if wrong:
        return _page(typed, wrong, note), 422
    return _page(typed, {}, note, values)


@insight.post("/performance/weights")
@requires("performance.weigh")
def performance_weights_publish() -> tuple[str, int] | Response:
    """Publish the next version."""
    outdated = N_("权重刚刚由他人发布了新版，请核对“现行”一列后再发布。")
    again = published(BY_KEY, publish, _page, outdated)
    if again is not None:
        return again
    flash(_("已发布。此后结束的考核期按新权重计分，已结束的不变。"), "success")
    return redirect(url_for("insight.performance_weights", _anchor="versions"))
