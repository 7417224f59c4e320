"""Policies in words: sentences of conditions, what is missing, local dates, amounts."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Flask
from flask_babel import gettext as _

from servicedesk.clock import clock
from servicedesk.core.condition_words import Saying, advice, demand, sentence
from servicedesk.core.conditions import Finding, Verdict, from_json
from servicedesk.core.declarations import (
    POLICY_STATE_NAMES,
    STATE_NAMES,
    WINDOW_NAMES,
    PolicyState,
    State,
    Window,
)
from servicedesk.core.permissions import ROLE_NAMES, Role
from servicedesk.declarations.models import DeclarationEvent, Policy
from servicedesk.declarations.queries import verdict_of, window_of
from servicedesk.reports.masking import masked_name
from servicedesk.tickets.facts import ZONE
from servicedesk.web.access import actor
from servicedesk.web.money import in_ten_thousands
from servicedesk.web.showing import fixed, locale_name

_DIGITS = "〇一二三四五六七八九十"
STATE_CLASSES = {
    State.DECLARED: "state-submitted", State.RECOMMENDED: "state-in_progress",
    State.APPROVED: "state-resolved", State.PAID: "state-resolved",
}  # fmt: skip


def register(app: Flask) -> None:
    """Give every template the words of policies and declarations."""
    app.jinja_env.filters.update(
        demand=lambda row: _said(demand(from_json(row))),
        finding=finding,
        gaps=gaps,
        advised=lambda found: [_(text) for text in advice(found)],
        verdict=verdict_of,
        policy_state=policy_state,
        declaration_state=lambda state: fixed(STATE_NAMES[State(state)]),
        declaration_class=lambda state: STATE_CLASSES.get(State(state), ""),
        date_day=date_day,
        who=who,
        ten_thousands=in_ten_thousands,
        condition_unit=lambda unit: fixed(unit) if unit else "",
    )
    app.jinja_env.globals.update(window_light=window_light)


def finding(found: Finding) -> str:
    """Return what a finding says, as a sentence."""
    return _said(sentence(found))


def _said(said: Saying) -> str:
    words = "、" if locale_name() == "zh" else ", "
    return _(
        said.text,
        name=_(said.name),
        unit=_(said.unit) if said.unit else "",
        wanted=words.join(_word(one) for one in said.wanted),
        actual=_word(said.actual),
    )


def _word(text: str) -> str:
    return _(text) if text else ""


def gaps(verdict: Verdict) -> str:
    """Return why there is no match: 二项未满足：研发费用占比、成立年限；档案缺少：…"""
    parts = []
    if verdict.missed:
        counted = chinese_number(len(verdict.missed))
        parts.append(_("%(n)s项未满足：%(names)s", n=counted, names=_names(verdict.missed)))
    if verdict.unknown:
        parts.append(_("档案缺少：%(names)s", names=_names(verdict.unknown)))
    return ("；" if locale_name() == "zh" else "; ").join(parts)


def _names(findings: Sequence[Finding]) -> str:
    words = "、" if locale_name() == "zh" else ", "
    return words.join(dict.fromkeys(_label(one) for one in findings))


def _label(found: Finding) -> str:
    said = sentence(found)
    if found.condition.field != "title":
        return _(said.name)
    return _("资质（%(wanted)s）", wanted=" / ".join(said.wanted))


def chinese_number(number: int) -> str:
    """Write a number below a hundred as Chinese pages do, in digits elsewhere."""
    if locale_name() != "zh" or number > 99:
        return str(number)
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _DIGITS[ones]
    head = "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


def who(event: DeclarationEvent) -> str:
    """Name who took a step; enterprises read of the desk's people the role and the surname only."""
    role = Role(event.actor_role)
    inside = role not in (Role.REQUESTER, Role.OFFICER, Role.UNIT_HEAD)
    if inside and actor().role is Role.REQUESTER:
        return f"{fixed(ROLE_NAMES[role])} {masked_name(event.actor_name)}"
    return event.actor_name


def date_day(value: date | str | None) -> str:
    """Write a local day, also one that JSON kept: 2024年3月5日."""
    if not value:
        return "—"
    if isinstance(value, str):
        value = date.fromisoformat(value)
    if locale_name() == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return value.isoformat()


def policy_state(policy: Policy) -> str:
    """Return where a policy stands: a published one by its window."""
    if policy.state == PolicyState.PUBLISHED:
        return fixed(WINDOW_NAMES[window_of(policy)])
    return fixed(POLICY_STATE_NAMES[PolicyState(policy.state)])


SOON_DAYS, LAST_DAYS = 14, 5


def window_light(policy: Policy) -> dict[str, Any]:
    """Return a light for the window: how many days are left, in which colour."""
    if policy.state == PolicyState.CLOSED:
        return {"colour": "done", "left": fixed(POLICY_STATE_NAMES[PolicyState.CLOSED])}
    found = window_of(policy)
    if found is Window.BEFORE:
        return {"colour": "paused", "left": _("%(day)s开始", day=date_day(policy.opens_on))}
    if found is Window.OVER:
        return {"colour": "done", "left": fixed(WINDOW_NAMES[found])}
    left = (policy.closes_on - clock.now().astimezone(ZONE).date()).days
    if left == 0:
        return {"colour": "red", "left": _("今天截止")}
    colour = "red" if left <= LAST_DAYS else "yellow" if left <= SOON_DAYS else "green"
    return {"colour": colour, "left": _("还有%(n)s天截止", n=left)}
