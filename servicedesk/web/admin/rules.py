"""The park's rules (办理规则): the numbers, their versions, and applying one to running tickets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.accounts.queries import names as person_names
from servicedesk.core.permissions import allows
from servicedesk.core.rules import (
    EFFECTS,
    TERMS,
    Difference,
    Effect,
    Rules,
    Term,
    differences,
    rules_from,
    values_of,
)
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.queries import park, units
from servicedesk.rules import applying, previewing
from servicedesk.rules.actions import NOTE_MAX, publish
from servicedesk.rules.models import RuleApplication, RuleSet
from servicedesk.rules.previewing import Move
from servicedesk.rules.queries import current_rules, versions
from servicedesk.web.access import actor, requires
from servicedesk.web.admin.blueprint import admin
from servicedesk.web.desk.filters import known_of
from servicedesk.web.forms import with_number
from servicedesk.web.publishing import numbers, published
from servicedesk.web.sheets import send_list, wall_time
from servicedesk.web.showing import step_name

SHOWN = 100
MOVE_COLUMNS = (
    (N_("工单号"), 20), (N_("承办单位"), 20), (N_("原规则版本"), 10), (N_("原期限"), 17),
    (N_("新期限"), 17), (N_("原预警时间"), 17), (N_("新预警时间"), 17), (N_("原下一次提醒"), 24),
    (N_("原提醒时间"), 17), (N_("新下一次提醒"), 24), (N_("新提醒时间"), 17), (N_("变化"), 24),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One term as the page shows it: the present number, what is typed, and what is wrong with it."""

    term: Term
    current: int
    typed: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version in words: what differs from the one before, and how many running tickets keep it."""

    row: RuleSet
    by: str
    changes: Sequence[Difference]
    running: int


def groups(
    terms: Sequence[Term], current: Rules, typed: Mapping[str, str], wrong: Mapping[str, str]
) -> list[tuple[str, list[Line]]]:
    """Return terms in their groups, each with what is typed in its place."""
    values = values_of(current)
    found: dict[str, list[Line]] = {}
    for term in terms:
        number = values[term.key]
        line = Line(term, number, typed.get(term.key, str(number)), wrong.get(term.key, ""))
        found.setdefault(term.group, []).append(line)
    return list(found.items())


def _history() -> list[Version]:
    rows = versions(actor().park_id)
    people = person_names(row.published_by_id for row in rows)
    running = applying.running_under(actor().park_id)
    found = []
    for row, former in zip(rows, [*rows[1:], None], strict=True):
        before = rules_from(former.values) if former else rules_from(row.values)
        found.append(
            Version(
                row, people.get(row.published_by_id or 0, ""),
                differences(before, rules_from(row.values)), running.get(row.version, 0),
            )
        )  # fmt: skip
    return found


def _page(
    typed: Mapping[str, str] | None = None, wrong: Mapping[str, str] | None = None, note: str = ""
) -> str:
    park_id = actor().park_id
    done = applying.applications(park_id)
    return render_template(
        "admin/rules.html", groups=groups(TERMS, current_rules(park_id), typed or {}, wrong or {}),
        wrong=wrong or {}, note=note, note_max=NOTE_MAX, version=park(park_id).rules_version,
        history=_history(), effects=EFFECTS, effect_names=Effect, waiting=previewing.waiting(park_id),
        applications=done, people=person_names({one.by_id for one in done}),
        may_edit=allows(actor(), "rules.edit"),
    )  # fmt: skip


@admin.get("/rules")
@requires("rules.view")
def rules() -> str:
    """Show the numbers, the versions and what was applied."""
    return _page()


@admin.post("/rules")
@requires("rules.edit")
def rules_publish() -> tuple[str, int] | Response:
    """Publish the next version."""
    outdated = N_("规则刚刚由他人发布了新版，请核对“现行”一列后再发布。")
    again = published([term.key for term in TERMS], publish, _page, outdated)
    if again is not None:
        return again
    flash(_("已发布。新提交的工单按新规则办理，在办工单不受影响。"), "success")
    return redirect(url_for("admin.rules", _anchor="running"))


@admin.post("/rules/try")
@requires("rules.view")
def rules_try() -> Response:
    """Carry what differs to the rehearsal, as an address that can be kept and sent."""
    _values, typed, _wrong = numbers(request.form, [term.key for term in TERMS])
    now = values_of(current_rules(actor().park_id))
    draft = {key: text for key, text in typed.items() if text != str(now[key])}
    address = {"kind": "timing", "run": "1", **draft}
    return redirect(f"{url_for('admin.rehearsal')}?{urlencode(address)}")


# Applying ----------------------------------------------------------------------------------------


@admin.get("/rules/apply")
@requires("rules.view")
def rules_apply() -> str:
    """Show what applying the present version would do to each running ticket."""
    effect = known_of("effect", previewing.EFFECTS, "")
    found = previewing.preview(actor().park_id, park(actor().park_id).rules_version)
    moves = found.with_effect(effect)
    return render_template(
        "admin/rules_apply.html", found=found, moves=moves[:SHOWN], count=len(moves), shown=SHOWN,
        effect=effect, effects=[(code, _(name)) for code, name in previewing.EFFECTS.items()],
        effect_words=previewing.EFFECTS, terms=_terms_by_effect(), effect_texts=EFFECTS,
        units={unit.id: unit.name for unit in units(actor().park_id)},
        counts={code: len(found.with_effect(code)) for code in previewing.EFFECTS},
        may_edit=allows(actor(), "rules.edit"),
    )  # fmt: skip


def _terms_by_effect() -> dict[Effect, list[Term]]:
    return {effect: [term for term in TERMS if term.effect is effect] for effect in Effect}


@admin.get("/rules/apply.xlsx")
@requires("rules.view")
def rules_apply_export() -> Response:
    """Send the preview as an Excel file."""
    effect = known_of("effect", previewing.EFFECTS, "")
    version = park(actor().park_id).rules_version
    names = {unit.id: unit.name for unit in units(actor().park_id)}
    moves = previewing.every_move(actor().park_id, version, effect)
    rows = (_move_row(move, names) for move in moves)
    return send_list(actor(), "rules_preview", _("套用预览"), MOVE_COLUMNS, rows)


def _move_row(move: Move, names: Mapping[int, str]) -> list[Any]:
    ticket, old, new = move.ticket, move.old, move.new
    said = "、".join(_(name) for code, name in previewing.EFFECTS.items() if code in move.effects)
    return [
        ticket.number, names.get(ticket.unit_id or 0, ""), ticket.rules_version,
        wall_time(old.due), wall_time(new.due), wall_time(old.warn), wall_time(new.warn),
        step_name(old.alarm) if old.alarm else "", wall_time(old.alarm_at),
        step_name(new.alarm) if new.alarm else "", wall_time(new.alarm_at), said,
    ]  # fmt: skip


@admin.post("/rules/apply")
@requires("rules.edit")
def rules_apply_now() -> Response:
    """Apply the version that was previewed to the running tickets."""
    version = with_number(request.form.get("version"))
    try:
        made = applying.apply(actor(), version, with_number(request.form.get("calendar")))
    except Conflict:
        flash(_("规则或工作日历在预览之后有变动，请重新核对。"), "warning")
        return redirect(url_for("admin.rules_apply"))
    except Refused as refused:
        flash(_(refused.reason), "warning")
        return redirect(url_for("admin.rules"))
    flash(_("已套用，每件工单的进度里都有记录；可以在本页撤销。"), "success")
    return redirect(url_for("admin.rules_application", application_id=made))


def _application_or_404(application_id: int) -> RuleApplication:
    return applying.application(actor().park_id, application_id) or abort(404)


@admin.get("/rules/applications/<int:application_id>")
@requires("rules.view")
def rules_application(application_id: int) -> str:
    """Show what an application changed, ticket by ticket, and let it be taken back."""
    made = _application_or_404(application_id)
    return render_template(
        "admin/rules_application.html", made=made,
        changes=_first(applying.changes(made.id)), shown=SHOWN,
        people=person_names([made.by_id, made.undone_by_id]), restorable=applying.still_under(made),
        units={unit.id: unit.name for unit in units(actor().park_id)},
        may_edit=allows(actor(), "rules.edit"),
    )  # fmt: skip


def _first(rows: Iterator[Any]) -> list[Any]:
    return [row for row, _number in zip(rows, range(SHOWN), strict=False)]


CHANGE_COLUMNS: Sequence[tuple[str, int]] = (
    (N_("工单号"), 20), (N_("承办单位"), 20), (N_("原规则版本"), 10), (N_("原期限"), 17),
    (N_("新期限"), 17), (N_("现规则版本"), 10),
)  # fmt: skip


@admin.get("/rules/applications/<int:application_id>.xlsx")
@requires("rules.view")
def rules_application_export(application_id: int) -> Response:
    """Send what an application changed as an Excel file."""
    made = _application_or_404(application_id)
    names = {unit.id: unit.name for unit in units(actor().park_id)}
    rows = (
        [
            ticket.number, names.get(ticket.unit_id or 0, ""), change.old_version,
            wall_time(change.old_due_at), wall_time(change.new_due_at), ticket.rules_version,
        ]
        for change, ticket in applying.changes(made.id)
    )  # fmt: skip
    return send_list(actor(), "rules_application", _("套用记录"), CHANGE_COLUMNS, rows)


@admin.post("/rules/applications/<int:application_id>/undo")
@requires("rules.edit")
def rules_undo(application_id: int) -> Response:
    """Put the tickets of an application back under their old versions."""
    _application_or_404(application_id)
    try:
        restored = applying.undo(actor(), application_id)
    except Refused as refused:
        flash(_(refused.reason), "warning")
    else:
        flash(_("已撤销，%(n)s件工单恢复原来的规则和期限。", n=restored), "success")
    return redirect(url_for("admin.rules_application", application_id=application_id))
