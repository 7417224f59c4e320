"""What pages draw again and again, answered from memory: addresses, translations, whole parts of a page.

An address without a host depends on nothing but the endpoint, its values and where the application is
mounted; a translation on the reader's language; a part of a page on the values that it is drawn of.
Of figures that are kept these values are the same objects until something is built.
"""

import functools
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import flask
from flask import Flask, g, has_request_context, request
from flask_babel import get_locale, get_translations  # type: ignore[attr-defined]
from markupsafe import Markup

ADDRESSES, PARTS = 16_384, 128
_parts: dict[Hashable, Markup] = {}
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


def drawn(template: str, **values: Any) -> Markup:
    """Return a part of a page, from memory where the same was drawn of equal values or the same objects.

    The template knows these values and the words of all templates, nothing of the request or its reader:
    what it calls must depend on what it is given, on the language and on where the application is mounted.

    Raises:
        TypeError: a value is neither plain (mappings, sequences and dataclasses are) nor hashable.
    """
    app = flask.current_app._get_current_object()  # type: ignore[attr-defined]
    key = (app, request.root_path, str(get_locale()), template, _plain(values))
    part = _parts.get(key)
    if part is None:
        part = Markup(app.jinja_env.get_template(template).render(values))
        if len(_parts) >= PARTS:
            _parts.clear()
        if not app.debug:
            _parts[key] = part
    return part


def _plain(value: Any) -> Hashable:
    """Return what stands for a value: equal only for values that are drawn alike."""
    if isinstance(value, Mapping):
        return tuple((_plain(key), _plain(one)) for key, one in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    try:
        hash(value)
    except TypeError:
        if not is_dataclass(value):
            raise
        kind: Any = type(value)
        return (kind, *(_plain(getattr(value, name)) for name in _fields(kind)))
    return (type(value), value)


@functools.cache
def _fields(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def _translations() -> Any:
    """Return the reader's catalogue; a language that is forced for a while has its own."""
    locale = get_locale()
    known, found = g.get("translations", (None, None))
    if found is None or known is not locale:
        found = get_translations()
        g.translations = (locale, found)
    return found
