"""The words and marks of templates: times in Shanghai, working time in words, icons, due-lights."""

import functools
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, request
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.channels import CHANNELS
from servicedesk.core.deadlines import STEP_NAMES, Light, Step, light
from servicedesk.core.permissions import ROLE_NAMES, Role, Scope, allows, scope_of
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION, STANDING, STATE_NAMES, State
from servicedesk.core.worktime import Calendar
from servicedesk.notifications.queries import unread
from servicedesk.organisation.queries import default_park
from servicedesk.reports.masking import masked_name, masked_phone
from servicedesk.tickets.effects import RESULTS
from servicedesk.web import quickly
from servicedesk.web.access import actor, chosen_enterprise
from servicedesk.web.language import LANGUAGES
from servicedesk.web.places import Entrance, Place, beside, entrances

ZONE = ZoneInfo("Asia/Shanghai")
_TRANSLATED: dict[tuple[str, str], str] = {}
LIGHT_NAMES: Mapping[Light, str] = {
    Light.GREEN: N_("正常"),
    Light.YELLOW: N_("将到期"),
    Light.RED: N_("已超期"),
    Light.PAUSED: N_("暂停计时"),
    Light.DONE: N_("已停止计时"),
}
LATE_CALLS: Mapping[str, str] = {
    "follow_up_late": N_("回访超期"),
    "contact_late": N_("差评回访超期"),
}
LADDER_NAMES: Mapping[int, str] = {
    1: N_("一级督办"),
    2: N_("二级督办"),
    3: N_("三级督办"),
}
RATING_NAMES: Mapping[int, str] = {
    5: N_("非常满意"),
    4: N_("满意"),
    3: N_("基本满意"),
    2: N_("不满意"),
    1: N_("非常不满意"),
}
BAD_REASONS: Mapping[str, str] = {  # GB/T 39734-2020, annex A, shortened
    "slow": N_("办理慢、超过承诺时间"),
    "repeat": N_("材料要求反复、没有一次说清"),
    "attitude": N_("服务态度不好"),
    "pushed": N_("部门之间推来推去"),
    "unsolved": N_("问题没有真正解决"),
    "other": N_("其他原因"),
}


def register(app: Flask) -> None:
    """Give every template our filters and names."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.do")
    filters: dict[str, Any] = {
        "moment": moment,
        "day": day,
        "date": whole_day,
        "iso": iso,
        "state_name": lambda state: fixed(STATE_NAMES[State(state)]),
        "role_name": lambda role: fixed(ROLE_NAMES[Role(role)]),
        "channel_name": lambda channel: _(CHANNELS[channel]),
        "result_name": lambda result: _(RESULTS[result]),
        "ladder_name": lambda level: fixed(LADDER_NAMES[level]),
        "rating_name": lambda level: fixed(RATING_NAMES[level]),
        "reason_name": lambda reason: _(BAD_REASONS.get(reason, reason)),
        "step_name": step_name,
        "minutes": minutes_in_words,
        "working_days": working_days,
        "size": file_size,
        "named": named,
        "mask_name": masked_name,
        "mask_phone": masked_phone,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(icon=icon, keys_help=keys_help, due_light=due_light, vendor=vendor)
    app.context_processor(_context)
    quickly.register(app)


def _context() -> dict[str, Any]:
    signed_in = bool(current_user.is_authenticated)
    return {
        "now": clock.now(),
        "park": _park_name(),
        "languages": LANGUAGES,
        "language": locale_name(),
        "may": (lambda permission: allows(actor(), permission))
        if signed_in
        else (lambda _p: False),
        "unread": _unread() if signed_in else 0,
        "entrances": _entrances if signed_in else (lambda _side: []),
        "beside": _beside if signed_in else (lambda _side: []),
        "is_requester": signed_in and current_user.role == Role.REQUESTER,
    }


def _unread() -> int:
    """Count what the notices page shows: a requester's for the chosen enterprise."""
    requester = current_user.role == Role.REQUESTER
    chosen = chosen_enterprise() if requester else None
    return unread(current_user.id, chosen.id if chosen else None)


def _entrances(side: str) -> list[Entrance]:
    return entrances(side, actor(), request.endpoint or "")


def _beside(side: str) -> list[Place]:
    return beside(side, actor(), request.endpoint or "")


def _park_name() -> str:
    if "park_name" not in g:
        try:
            g.park_name = default_park().name
        except Exception:
            g.park_name = ""
    name: str = g.park_name
    return name


def fixed(text: str) -> str:
    """Translate a text without variables; each language asks the catalogue for it only once."""
    key = (locale_name(), text)
    if key not in _TRANSLATED:
        _TRANSLATED[key] = _(text)
    return _TRANSLATED[key]


def locale_name() -> str:
    """Return ``zh`` or ``en``, found out once for the whole page."""
    if "locale_name" not in g:
        g.locale_name = str(get_locale())
    name: str = g.locale_name
    return name


def keys_help() -> Markup:
    """Return the help for the keyboard, which is another for each role."""
    return quickly.drawn("desk/keys.html", may=_may_of(current_user.role_enum))


@functools.cache
def _may_of(role: Role) -> Callable[[str], bool]:
    """Return whether one of the staff may do something, which depends on the role alone."""
    return lambda permission: scope_of(role, permission) not in (None, Scope.OWN)


def icon(name: str, label: str = "") -> Markup:
    """Return an icon from the sprite; decorative unless it has a label."""
    href = f"{vendor('icons.svg')}#{name}"
    if label:
        return Markup(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>'
        ).format(label, href)
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>').format(href)


def vendor(name: str) -> str:
    """Return the address of a fetched front-end file."""
    return quickly.url_for("static", filename=f"vendor/{name}")


def moment(value: datetime | None) -> str:
    """Write a moment in Shanghai time: 2024年3月5日 14:30."""
    if value is None:
        return "—"
    local = value.astimezone(ZONE)
    return f"{_date(local)} {local:%H:%M}"


def day(value: datetime | None) -> str:
    """Write the day of a moment in Shanghai time."""
    return "—" if value is None else _date(value.astimezone(ZONE))


def whole_day(value: date | None) -> str:
    """Write a day that is one without a zone: a due day, the end of a notice."""
    return "—" if value is None else _date(value)


def _date(local: date) -> str:
    if locale_name() == "zh":
        return f"{local.year}年{local.month}月{local.day}日"
    return f"{local:%Y-%m-%d}"


def iso(value: datetime | None) -> str:
    """Write a moment for ``<time datetime>``."""
    return "" if value is None else value.astimezone(ZONE).isoformat(timespec="minutes")


def step_name(step: str) -> str:
    """Write the name of an alarm: of the ladder, or of a late call."""
    return _(LATE_CALLS.get(step) or STEP_NAMES[Step(step)])


def working_days(number: int) -> str:
    """Write a number of working days."""
    return ngettext("%(n)s个工作日", "%(n)s个工作日", number, n=number)


def minutes_in_words(minutes: int | None) -> str:
    """Write working minutes as working days and hours, for people (a day has seven hours)."""
    if minutes is None:
        return "—"
    days, rest = divmod(abs(minutes), 420)
    hours, left = divmod(rest, 60)
    parts = [
        (working_days(days), days),
        (_("%(n)s小时", n=hours), hours),
        (_("%(n)s分", n=left), left and not days),
    ]
    between = "" if locale_name() == "zh" else " "
    return between.join(words for words, there in parts if there) or _("%(n)s分", n=0)


def due_light(ticket: Any) -> dict[str, str]:
    """Return the due-light of a ticket: its colour, its word, and the working time that is left."""
    now = clock.now()
    if ticket.state == State.SUBMITTED and actor().role is not Role.REQUESTER:
        return _response_light(ticket, now)
    running = ticket.state in BEFORE_RESOLUTION
    colour = light(
        now, ticket.due_at, ticket.warn_at, running=running,
        paused=ticket.state in STANDING,
    )  # fmt: skip
    return {
        "colour": colour,
        "word": fixed(LIGHT_NAMES[colour]),
        "left": _left(ticket, colour, now),
    }


def _response_light(ticket: Any, now: datetime) -> dict[str, str]:
    """Until it is accepted, what the desk owes is the first response."""
    late = now > ticket.response_due_at
    left = _response_left(ticket, now)
    words = _("响应超时 %(time)s", time=left) if late else _("%(time)s内响应", time=left)
    colour = Light.RED if late else Light.YELLOW
    return {"colour": colour, "word": fixed(LIGHT_NAMES[colour]), "left": words}


def _response_left(ticket: Any, now: datetime) -> str:
    """Write what is left of the first response: of an urgent matter by the clock on the wall."""
    if not ticket.urgent:
        return minutes_in_words(abs(_hours().between(now, ticket.response_due_at)))
    minutes = abs(int((ticket.response_due_at - now).total_seconds()) // 60)
    hours, rest = divmod(minutes, 60)
    return _("%(hours)s小时%(minutes)s分", hours=hours, minutes=rest)


def _left(ticket: Any, colour: Light, now: datetime) -> str:
    if colour in (Light.DONE, Light.PAUSED) or ticket.due_at is None:
        return fixed(LIGHT_NAMES[colour])
    left = _hours().between(now, ticket.due_at)
    if colour is Light.RED and not left:
        return _("刚刚超期")
    if colour is Light.RED:
        return _("超期 %(time)s", time=minutes_in_words(-left))
    return _("剩余 %(time)s", time=minutes_in_words(left))


def _hours() -> Calendar:
    """Return the working calendar, fetched once for the whole page."""
    if "hours" not in g:
        g.hours = calendar(actor().park_id)
    hours: Calendar = g.hours
    return hours


def file_size(size: int) -> str:
    """Write a size in bytes for people."""
    if size < 1024 * 1024:
        return f"{max(1, size // 1024)} KB"
    return f"{size / 1024 / 1024:.1f} MB"


def named(thing: Any) -> str:
    """Return the name of a catalogue row in the person's language, if it has one."""
    chinese = locale_name() == "zh"
    if hasattr(thing, "label"):
        return str(thing.label if chinese else thing.label_en or thing.label)
    return str(thing.name if chinese else thing.name_en or thing.name)
