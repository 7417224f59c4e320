"""The solution of a problem (举一反三) as an enterprise reads it: no other enterprise is named."""

from flask import abort, render_template

from servicedesk.catalogue.queries import item as get_item
from servicedesk.problems.queries import solution_for
from servicedesk.web.access import chosen_enterprise, requires
from servicedesk.web.portal.blueprint import portal


@portal.get("/solutions/<int:solution_id>")
@requires("portal.use")
def solution(solution_id: int) -> str:
    """Show a solution that was sent to the chosen enterprise; any other does not exist."""
    chosen = chosen_enterprise()
    found = solution_for(chosen.id, solution_id) if chosen else None
    if found is None:
        abort(404)
    item = get_item(found.item_id) if found.item_id else None
    return render_template("portal/solution.html", problem=found, item=item)
