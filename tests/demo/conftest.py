"""The demo year, loaded once for all tests of this folder.

It is loaded on SQLite and moved to PostgreSQL by a backup, as a park does that has grown: the figures must be the same.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from config import Settings
from servicedesk.backup import make, restore
from servicedesk.clock import clock
from servicedesk.demo.year import load
from servicedesk.extensions import db
from servicedesk.installation import install
from tests.conftest import ENGINES, _administer, _named, make_app
from tests.support import SHANGHAI

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture(scope="package")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on SQLite that has lived through the demo year."""
    folder = tmp_path_factory.mktemp("demo")
    app = make_app(f"sqlite:///{folder / 'demo.db'}", folder)
    with clock.at(NOW):
        with app.app_context():
            install()
            load(progress=lambda _: None)
            db.session.remove()
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="package")
def archive(year: Flask, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the year, before any test has added to it."""
    file = tmp_path_factory.mktemp("archive") / "year.tar.gz"
    settings: Settings = year.extensions["settings"]
    with year.app_context():
        make.make(file, settings.uploads_dir)
        db.session.remove()
    return file


@pytest.fixture(scope="package", params=ENGINES)
def demo(request: pytest.FixtureRequest, year: Flask, archive: Path) -> Iterator[Flask]:
    """The year on each database; the tests only read, one adds copies of before 2024."""
    app = year if request.param == "sqlite" else _moved(request, archive)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _moved(request: pytest.FixtureRequest, archive: Path) -> Flask:
    server: str = request.getfixturevalue("postgres_url")
    _administer(server, "CREATE DATABASE demo_year")
    app = make_app(_named(server, "demo_year"), archive.parent)
    settings: Settings = app.extensions["settings"]
    with app.app_context():
        restore.restore(archive, settings.data_dir, settings.uploads_dir)
        db.session.remove()
    return app
