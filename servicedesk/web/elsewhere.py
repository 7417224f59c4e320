"""What belongs to another enterprise than the person acts for at present: say so, offer to switch."""

from flask import abort, make_response, render_template, request

from servicedesk.web.access import chosen_enterprise, my_enterprises


def insist_on_chosen(enterprise_id: int | None) -> None:
    """Stop unless the page is about the chosen enterprise.

    What belongs to another of the person's enterprises gets the page that offers to switch; what
    belongs to a stranger does not exist.
    """
    chosen = chosen_enterprise()
    if chosen is not None and chosen.id == enterprise_id:
        return
    theirs = next((one for one in my_enterprises() if one.id == enterprise_id), None)
    if theirs is None:
        abort(404)
    back = request.full_path.rstrip("?") if request.method == "GET" else request.path
    page = render_template("portal/elsewhere.html", theirs=theirs, back=back)
    abort(make_response(page, 200 if request.method == "GET" else 409))
