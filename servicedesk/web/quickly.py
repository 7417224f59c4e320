"""What templates call hundreds of times on a page, answered from memory: addresses and translations.

An address without a host depends on nothing but the endpoint, its values and where the application is
mounted; a translation on the reader's language. Flask and Flask-Babel work both out anew each time.
"""

import functools
from typing import Any

import flask
from flask import Flask, g, has_request_context, request
from flask_babel import get_locale, get_translations  # type: ignore[attr-defined]

ADDRESSES = 16_384
_OF_THIS_REQUEST = {"_external", "_scheme", "_method"}


def register(app: Flask) -> None:
    """Give templates the quick ``url_for`` and the quick translations."""
    app.jinja_env.globals["url_for"] = url_for
    environment: Any = app.jinja_env  # these methods come with the extension for translations
    environment.install_gettext_callables(
        gettext=lambda text: _translations().ugettext(text),
        ngettext=lambda one, many, n: _translations().ungettext(one, many, n),
        newstyle=True,
    )


def url_for(endpoint: str, **values: Any) -> str:
    """Return :func:`flask.url_for`, from memory where the same was asked before."""
    if endpoint.startswith(".") or not has_request_context() or values.keys() & _OF_THIS_REQUEST:
        return flask.url_for(endpoint, **values)
    app = flask.current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        return _address(app, request.root_path, endpoint, tuple(values.items()))
    except TypeError:  # a value that cannot be remembered, such as a list
        return flask.url_for(endpoint, **values)


@functools.lru_cache(maxsize=ADDRESSES, typed=True)
def _address(_app: Flask, _root: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    return flask.url_for(endpoint, **dict(values))


def _translations() -> Any:
    """Return the reader's catalogue; a language that is forced for a while has its own."""
    locale = get_locale()
    known, found = g.get("translations", (None, None))
    if found is None or known is not locale:
        found = get_translations()
        g.translations = (locale, found)
    return found
