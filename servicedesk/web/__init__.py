"""The pages (网页): blueprints for each audience, and what every page shares."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from servicedesk.web import (
    access,
    errors,
    headers,
    health,
    language,
    papers,
    policy_words,
    showing,
    telling,
)
from servicedesk.web.account import account
from servicedesk.web.admin.views import admin
from servicedesk.web.desk import desk
from servicedesk.web.files import files
from servicedesk.web.forms import RowNumber
from servicedesk.web.insight.blueprint import insight
from servicedesk.web.portal import acting
from servicedesk.web.portal.views import portal
from servicedesk.web.public.views import public

__all__ = ["language", "register"]

BLUEPRINTS = (portal, desk, insight, admin, account, files, public, health.health)


def register(app: Flask) -> None:
    """Attach every page, its guard, its headers and the words of templates to the application."""
    proxies = app.extensions["settings"].trusted_proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    app.url_map.converters["int"] = RowNumber
    access.register(app)
    headers.register(app)
    showing.register(app)
    telling.register(app)
    policy_words.register(app)
    papers.register(app)
    acting.register(app)
    errors.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    access.insist_on_guards(app)
