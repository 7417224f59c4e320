"""The entries behind a register's figure: for whoever sees the whole park, for any days."""

from datetime import date

import pytest
from flask import Flask

from servicedesk.clock import clock
from servicedesk.enterprises.models import Title
from servicedesk.extensions import db
from servicedesk.transaction import writing
from tests.support import Town
from tests.web.queue_support import person, without_tokens

APRIL = "figure=titles&since=2024-04-01&until=2024-04-30"


@pytest.fixture
def open_app(sqlite_app: Flask) -> Flask:
    """SQLite alone, forms without a token: what is tested is the page."""
    return without_tokens(sqlite_app)


def _award(town: Town, name: str, day: date) -> None:
    with writing():
        db.session.add(
            Title(
                enterprise_id=town.enterprise_id("alice"), name=name, level="province",
                awarded_on=day, recorded_at=clock.now(),
            )
        )  # fmt: skip


def test_a_leader_sees_the_entries_of_the_days(open_app: Flask) -> None:
    town = Town()
    _award(town, "专精特新中小企业", date(2024, 4, 30))
    _award(town, "高新技术企业", date(2024, 5, 1))
    page = person(open_app, "leader").get(f"/insight/register?{APRIL}").text
    assert "专精特新中小企业" in page
    assert "高新技术企业" not in page
    assert "共1条，合计1项。" in page


def test_a_register_is_nothing_for_who_sees_one_unit(open_app: Flask) -> None:
    Town()
    assert person(open_app, "unithead").get(f"/insight/register?{APRIL}").status_code == 404
    assert person(open_app, "officer").get(f"/insight/register?{APRIL}").status_code == 403


def test_a_wrong_address_is_said_to_be_wrong(open_app: Flask) -> None:
    Town()
    client = person(open_app, "leader")
    for query in ("", "figure=served&since=2024-04-01&until=2024-04-30", "figure=titles&since=x"):
        assert client.get(f"/insight/register?{query}").status_code == 400
