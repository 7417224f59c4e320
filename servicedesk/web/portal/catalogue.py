"""What can be asked for: the front page, the home page, search, categories, guides."""

from flask import Response, abort, current_app, render_template, request, send_file

from servicedesk.catalogue.queries import categories, common_items, listed_items, search
from servicedesk.catalogue.versions import template_by_token
from servicedesk.packages.queries import packages
from servicedesk.web.access import public, requires, signed_in
from servicedesk.web.files import SAFE
from servicedesk.web.portal.blueprint import item_or_404, park_id, portal
from servicedesk.web.portal.guides import STEPS, guide_of
from servicedesk.web.portal.lists import recent, waiting_for_me


@portal.get("/welcome")
@public
def welcome() -> str:
    """Show strangers what the desk does and how it works."""
    common = common_items(park_id())
    return render_template(
        "portal/welcome.html", categories=categories(), common=common, how=STEPS,
        packages=packages(park_id()),
    )  # fmt: skip


@portal.get("/home")
@requires("portal.use")
def home() -> str:
    """Show a clerk where to begin: search, what waits, common requests, categories."""
    return render_template(
        "portal/home.html", categories=categories(), common=common_items(park_id()),
        waiting=waiting_for_me(), mine=recent(), person=signed_in().name,
        packages=packages(park_id()),
    )  # fmt: skip


@portal.get("/search", endpoint="search")
@public
def search_page() -> str:
    """Find items; while somebody types, htmx takes only the results out of this page."""
    q = request.args.get("q", "").strip()
    found = search(park_id(), q)
    common = [] if found else common_items(park_id())
    return render_template("portal/search.html", q=q, found=found, common=common)


@portal.get("/categories/<code>")
@public
def category(code: str) -> str:
    """List the items of one category."""
    everything = categories()
    chosen = next((category for category in everything if category.code == code), None)
    if chosen is None:
        abort(404)
    found = [item for item in listed_items(park_id()) if item.category_code == code]
    return render_template(
        "portal/category.html", category=chosen, items=found, categories=everything
    )


@portal.get("/items/<code>")
@public
def guide(code: str) -> str:
    """Explain one item: what it is, who handles it, how long it takes, what to bring."""
    item = item_or_404(code)
    return render_template("portal/guide.html", item=item, guide=guide_of(item))


@portal.get("/templates/<token>")
@public
def template(token: str) -> Response:
    """Send the form that shows how a material is filled in, always as a download."""
    found = template_by_token(park_id(), token)
    if found is None:
        abort(404)
    path = current_app.extensions["settings"].uploads_dir / found.stored_as
    response = send_file(
        path, mimetype=found.media_type, as_attachment=True, download_name=found.name
    )
    response.headers["Content-Security-Policy"] = SAFE
    return response
