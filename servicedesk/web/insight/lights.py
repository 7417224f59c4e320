"""今日红黄灯: what needs a leader today, as a page and as the strip above the overview."""

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _

from servicedesk.core.lights import LEAST_TICKETS, Colour, Line
from servicedesk.core.words import N_
from servicedesk.rules.queries import current_rules
from servicedesk.statistics.lights import opens
from servicedesk.statistics.lights import today as lines_of_today
from servicedesk.statistics.standing import Standing, standing
from servicedesk.web.access import actor, requires
from servicedesk.web.figure_words import counted
from servicedesk.web.health import scheduler_is_silent
from servicedesk.web.insight.blueprint import insight

COLOURS = {Colour.RED: N_("红灯"), Colour.YELLOW: N_("黄灯"), Colour.GREEN: N_("绿灯")}
STANDING = {"overdue": N_("超期未办结"), "due_today": N_("今日到期"), "open": N_("在办工单")}
ICONS = {Colour.RED: "alert-triangle", Colour.YELLOW: "clock", Colour.GREEN: "circle-check"}


@insight.get("/today")
@requires("figures.view")
def today() -> str:
    """Show at most seven lines, the red ones first."""
    stands = standing(actor())
    return render_template(
        "insight/today.html", lines=lines_of_today(actor(), stands, silent=scheduler_is_silent()),
        address=address, colours=COLOURS, icons=ICONS, target=current_rules(actor().park_id).rate_target, least=LEAST_TICKETS,
        standing=_counted(stands),
    )  # fmt: skip


def in_short(stands: Standing) -> tuple[str, str, str]:
    """Return colour, icon and sentence of the strip: how many lights there are, and the first.

    A silent scheduler has a banner of its own above the strip.
    """
    lines = lines_of_today(actor(), stands, silent=False)
    first = lines[0]
    if first.colour is Colour.GREEN:
        return first.colour, ICONS[first.colour], _(first.sentence)
    red = sum(line.colour is Colour.RED for line in lines)
    says = _(
        "红灯%(red)s项、黄灯%(yellow)s项。首先：%(number)s，%(says)s",
        red=red, yellow=len(lines) - red, number=counted(first.number, first.unit),
        says=_(first.sentence),
    )  # fmt: skip
    return first.colour, ICONS[first.colour], says


def address(line: Line) -> str:
    """Return where a line leads to; nowhere if all is calm."""
    found = opens(line.key, actor().park_id)
    if found is None:
        return ""
    given: dict[str, Any] = {**found.parameters}
    return url_for(found.endpoint, _anchor=found.anchor, **given)


def _counted(stands: Standing) -> list[tuple[str, str, int]]:
    """Return what stands open now: the view of the list, its name, and how many."""
    found = stands.views(STANDING)
    return [(view, _(name), found[view]) for view, name in STANDING.items()]
