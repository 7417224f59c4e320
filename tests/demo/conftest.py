"""The demo year, loaded once for all tests of this folder."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from flask import Flask

from servicedesk.clock import clock
from servicedesk.demo.year import load
from servicedesk.extensions import db
from servicedesk.installation import install
from tests.conftest import ENGINES, _administer, _named, make_app
from tests.support import SHANGHAI

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture(scope="package", params=ENGINES)
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The loaded demo, once for each engine; the tests only read, one adds copies of before 2024."""
    folder = tmp_path_factory.mktemp("demo")
    url = f"sqlite:///{folder / 'demo.db'}"
    if request.param == "postgresql":
        server: str = request.getfixturevalue("postgres_url")
        _administer(server, "CREATE DATABASE demo_year")
        url = _named(server, "demo_year")
    app = make_app(url, folder)
    with clock.at(NOW), app.app_context():
        install()
        load(progress=lambda _: None)
        yield app
        db.session.remove()
        db.engine.dispose()
