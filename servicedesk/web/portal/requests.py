"""My requests (我的申请)."""

from flask import render_template, request

from servicedesk.web.access import my_enterprises, requires
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.lists import TABS, lines, tab


@portal.get("/requests", endpoint="requests")
@requires("portal.use")
def my_requests() -> str:
    """List the requests of the person's enterprises, newest first."""
    chosen = request.args.get("show", "all")
    chosen = chosen if chosen in TABS else "all"
    enterprise = request.args.get("enterprise", type=int)
    found = tab(chosen, request.args.get("after", ""), enterprise)
    return render_template(
        "portal/requests.html", tabs=TABS, chosen=chosen, lines=lines(found.rows),
        after=found.after, enterprises=my_enterprises(), enterprise=enterprise,
    )  # fmt: skip
