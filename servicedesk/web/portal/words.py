"""Babel's ``gettext`` with a type: the portal's sentences are plain strings."""

from flask_babel import gettext


def _(text: str, **values: object) -> str:
    """Return ``text`` in the person's language, with its values in their places."""
    return str(gettext(text, **values))
