"""The public page (政务公开): there only while an administrator has switched it on."""

from flask import Blueprint, abort, make_response, render_template, request, session
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.core.figures import BY_KEY, Figure
from servicedesk.core.suppression import Count, Shown
from servicedesk.extensions import limiter
from servicedesk.organisation.queries import default_park
from servicedesk.statistics.public import FRESH, PublicPage, Rate, published
from servicedesk.web.access import public as open_to_all
from servicedesk.web.language import LANGUAGES, choose

public = Blueprint("public", __name__)
SHOWN_FIGURES = ("submitted", "delivered", "on_time_rate", "satisfaction_rate", "median_minutes")
DEFINED: tuple[Figure, ...] = tuple(BY_KEY[key] for key in SHOWN_FIGURES)


@public.get("/public")
@open_to_all
@limiter.limit("120/minute")
def page() -> Response:
    """Show services, promises and how they were kept; may be kept for some minutes."""
    park = default_park()
    if not park.public_page:
        abort(404)
    asked = request.args.get("language", "")
    with force_locale(asked if asked in LANGUAGES else choose()):
        html = render_template("public/page.html", **parts(published(park)))
    answer = make_response(html)
    answer.cache_control.max_age = int(FRESH.total_seconds())
    if session:  # its cookie goes out with the answer and is nobody else's
        answer.cache_control.private = True
    else:
        answer.cache_control.public = True
    answer.add_etag()
    return answer.make_conditional(request)


def parts(found: PublicPage) -> dict[str, object]:
    """Return what the template of the figures needs, for the page and for its preview."""
    return {
        "found": found,
        "figures": {figure.key: figure for figure in DEFINED},
        "defined": DEFINED,
        "say_count": say_count,
        "say_rate": say_rate,
    }


def say_count(count: Count, minimum: int) -> str:
    """Write a count, or that it is small, or that it is withheld."""
    if count.shown is Shown.SMALL:
        return _("少于%(n)s件", n=minimum)
    if count.shown is Shown.WITHHELD:
        return _("不单列")
    return _("%(n)s件", n=count.value)


def say_rate(rate: Rate | None) -> str:
    """Write a rate, or what it is above, or a dash where none is published."""
    if rate is None:
        return "—"
    return _("高于%(n)s%%", n=f"{rate.value:g}") if rate.above else f"{rate.value:.1f}%"
