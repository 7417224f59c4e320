"""The manager's page: the figures of a year or a month, each with the way to its tickets."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import abort, render_template, request
from flask_babel import gettext as _

from servicedesk.clock import clock
from servicedesk.core.numerals import Change, tone
from servicedesk.rules.queries import current_rules
from servicedesk.statistics.facts import built_at, stale
from servicedesk.statistics.periods import is_period, months_of
from servicedesk.statistics.queries import overview as figures_of
from servicedesk.statistics.rows import Card, ChannelRow, ItemRow, Link, Overview
from servicedesk.statistics.standing import standing
from servicedesk.tickets.facts import ZONE
from servicedesk.web.access import actor, requires
from servicedesk.web.figure_words import say, say_change
from servicedesk.web.health import scheduler_is_silent
from servicedesk.web.insight.blueprint import FIRST_YEAR, insight
from servicedesk.web.insight.board import code_of
from servicedesk.web.insight.lights import in_short
from servicedesk.web.insight.minute import by_trouble, is_below, minute_of
from servicedesk.web.insight.performance_words import period_name
from servicedesk.web.quickly import drawn, url_for
from servicedesk.web.showing import named


@insight.get("/")
@requires("insight.view")
def overview() -> str:
    """Show the figures of a period; this year unless the address asks for another."""
    today = clock.now().astimezone(ZONE).date()
    period = request.args.get("period") or f"{today.year:04d}"
    if not is_period(period):
        abort(400)
    stands = standing(actor())
    return render_template(
        "insight/overview.html",
        body=_body(figures_of(actor().park_id, stands, period, today)),
        light=in_short(stands),
        period=period,
        years=[f"{year:04d}" for year in range(today.year, FIRST_YEAR - 1, -1)],
        months=[month for month in months_of(int(period[:4])) if month <= f"{today:%Y-%m}"],
        built_at=built_at(actor().park_id),
        waiting=stale(actor().park_id),
        running=period in (f"{today.year:04d}", f"{today:%Y-%m}"),
        scheduler_silent=scheduler_is_silent(),
        period_name=period_name,
    )


def _body(figures: Overview) -> str:
    """Return everything on the page that shows a figure."""
    return drawn(
        "insight/overview_body.html", figures=figures, minute_of=minute_of, by_trouble=by_trouble,
        is_below=is_below, target=current_rules(actor().park_id).rate_target, charts_of=charts_of, period_name=period_name,
        month_name=_month_name, say=say, say_change=say_change, moved=moved, tone=tone,
        list_of=list_of, code_of=code_of,
    )  # fmt: skip


def list_of(link: Link) -> str:
    """Return the address of the tickets behind a number."""
    query: dict[str, Any] = {**link.parameters()}
    return url_for("desk.queue", **query)


def moved(card: Card) -> Change:
    """Return how a figure moved against the period compared with."""
    return Change(card.change, points=card.figure.whole is not None)


def charts_of(figures: Overview) -> dict[str, Any]:
    """Return what the charts draw, each bar with the address of its tickets."""
    period, months, groups = figures.period, figures.monthly, figures.by_category
    return {
        "monthly": _chart(
            [_month_name(row.period) for row in months],
            [Link("served", row.period) for row in months],
            _series(_("服务企业（家）"), [row.served for row in months]),
            _series(_("上年同月（家）"), [row.served_before for row in months]),
            {**_series(_("办结（件）"), [row.delivered for row in months]), "line": True},
        ),
        "categories": _chart(
            [named(row.category) for row in groups],
            [Link("served", period, row.cut) for row in groups],
            _series(_("本期（家）"), [row.served for row in groups]),
            _series(_("上年同期（家）"), [row.served_before for row in groups]),
            sideways=True,
        ),
        "items": _received(
            [named(row.item) for row in figures.top_items], figures.top_items, period
        ),
        "channels": _received(
            [_(row.label) for row in figures.by_channel], figures.by_channel, period
        ),
    }


def _received(
    names: list[str], rows: Sequence[ItemRow] | Sequence[ChannelRow], period: str
) -> dict[str, Any]:
    links = [Link("submitted", period, row.cut) for row in rows]
    bars = _series(_("收到（件）"), [row.submitted for row in rows])
    return _chart(names, links, bars, sideways=True)


def _series(name: str, data: Sequence[int | None]) -> dict[str, Any]:
    return {"name": name, "data": list(data)}


def _chart(
    names: list[str], links: list[Link], *series: dict[str, Any], sideways: bool = False
) -> dict[str, Any]:
    addresses = [list_of(link) for link in links]
    return {"names": names, "series": series, "links": addresses, "sideways": sideways}


def _month_name(period: str) -> str:
    return _("%(n)s月", n=date.fromisoformat(f"{period}-01").month)
