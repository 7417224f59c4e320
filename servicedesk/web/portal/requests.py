"""My requests (我的申请)."""

from flask import render_template, request

from servicedesk.web.access import actor, my_enterprises, requires
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.lists import TABS, lines, tab


@portal.get("/requests", endpoint="requests")
@requires("portal.use")
def my_requests() -> str:
    """List the requests of the person's enterprises, newest first."""
    chosen = request.args.get("show", "all")
    chosen = chosen if chosen in TABS else "all"
    wanted = request.args.get("enterprise", type=int)
    enterprise = wanted if wanted in actor().enterprise_ids else None
    found = tab(chosen, _key(request.args.get("after", "")), enterprise)
    return render_template(
        "portal/requests.html", tabs=TABS, chosen=chosen, lines=lines(found.rows),
        after=found.after, enterprises=my_enterprises(), enterprise=enterprise,
    )  # fmt: skip


def _key(after: str) -> str:
    """Return the key of a page if it can be one."""
    return after if after.isascii() and after.isdigit() and len(after) < 19 else ""
