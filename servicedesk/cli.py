"""The flask commands that operators and scripts rely on."""

from flask import Flask


def register(app: Flask) -> None:
    """Attach the commands to the application."""
