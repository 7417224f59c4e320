"""Choosing the columns of the queue (列设置): which, in which order, how dense."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.web.access import actor, requires
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.columns import (
    COLUMNS,
    DENSITIES,
    TITLE,
    Choice,
    choice_of,
    choose,
    tidied,
)


@desk.get("/columns")
@requires("workbench.use")
def column_choice() -> str:
    """Show the columns: the chosen ones in their order, then the others."""
    choice = choice_of(actor())
    others = [key for key in COLUMNS if key not in choice.keys]
    return render_template(
        "desk/columns.html",
        choice=choice,
        columns=[COLUMNS[key] for key in (*choice.keys, *others)],
        fixed=TITLE,
        densities=[(code, _(name)) for code, name in DENSITIES.items()],
        list_query=request.args.get("list", "")[:2000],
    )


@desk.post("/columns")
@requires("workbench.use")
def choose_columns() -> Response:
    """Keep what was ticked; an arrow moves its column and shows the page again."""
    list_query = request.form.get("list", "")[:2000]
    if "standard" in request.form:
        choose(actor(), Choice())
        return redirect(url_for("desk.column_choice", list=list_query))
    shown = set(request.form.getlist("show"))
    order = [key for key in request.form.getlist("order")[:50] if key in shown or key == TITLE]
    up, down = request.form.get("up", ""), request.form.get("down", "")
    moved = _moved(order, up or down, -1 if up else 1)
    choose(actor(), tidied(moved, request.form.get("density", "")))
    if up or down:
        return redirect(url_for("desk.column_choice", list=list_query, _anchor=f"col-{up or down}"))
    return redirect(url_for("desk.queue") + (f"?{list_query}" if list_query else ""))


def _moved(order: list[str], key: str, by: int) -> list[str]:
    """Return the order with ``key`` moved by one place; a column that was not shown comes last."""
    if not key:
        return order
    if key not in order:
        return [*order, key]
    place = order.index(key)
    rest = [other for other in order if other != key]
    rest.insert(max(0, place + by), key)
    return rest
