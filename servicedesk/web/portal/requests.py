"""My requests (我的申请)."""

from flask import render_template, request

from servicedesk.web.access import requires
from servicedesk.web.portal.blueprint import portal
from servicedesk.web.portal.lists import TABS, lines, tab


@portal.get("/requests", endpoint="requests")
@requires("portal.use")
def my_requests() -> str:
    """List the requests of the chosen enterprise, newest first."""
    chosen = request.args.get("show", "all")
    chosen = chosen if chosen in TABS else "all"
    found = tab(chosen, _key(request.args.get("after", "")))
    return render_template(
        "portal/requests.html", tabs=TABS, chosen=chosen, lines=lines(found.rows),
        after=found.after,
    )  # fmt: skip


def _key(after: str) -> str:
    """Return the key of a page if it can be one."""
    return after if after.isascii() and after.isdigit() and len(after) < 19 else ""
