"""The ticket's page of the desk."""
from flask import Flask

from servicedesk.extensions import db
from tests.support import Town
from tests.web.test_desk import person


def test_page(sqlite_app: Flask) -> None:
    sqlite_app.config["WTF_CSRF_ENABLED"] = False
    town = Town()
    ticket = town.walk(town.file(), "accept", "dispatch", "sign")
    number = ticket.number
    db.session.remove()
    for login in ("desk", "officer", "head", "leader", "follow", "unithead"):
        answer = person(sqlite_app, login).get(f"/desk/tickets/{number}")
        assert answer.status_code == 200
