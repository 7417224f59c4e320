"""Fixtures: an application on SQLite and on a real PostgreSQL, fresh for every test.

Both start from a template that went through the migrations and the installation once.
"""

import contextvars
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

import config
from scripts import postgres
from servicedesk import create_app
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.installation import install
from tests.support import START, Town, build_town

settings.register_profile("short", max_examples=60, deadline=None)
settings.register_profile(
    "long", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))
ENGINES = ("sqlite", "postgresql")


class Browser(FlaskClient):
    """A client whose requests see nothing of the context that a test runs in."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *args, **kwargs)


def make_app(url: str, folder: Path) -> Flask:
    """Return an application on the database ``url`` with its files in ``folder``."""
    settings_ = config.Settings(
        database_url=url,
        data_dir=folder,
        secret_key="a secret that only the tests know, long enough",
        base_url="http://localhost",
        rate_limits=False,
        testing=True,
    )
    app = create_app(settings_)
    app.test_client_class = Browser
    return app


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server for this run."""
    url, stop = postgres.start(tmp_path_factory.mktemp("postgres"))
    yield url
    stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the park, its catalogue, and one person for each role."""
    folder = tmp_path_factory.mktemp("sqlite")
    path = folder / "template.db"
    _fill(make_app(f"sqlite:///{path}", folder))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same in PostgreSQL; returns the name of the database."""
    name = "servicedesk_template"
    _administer(postgres_url, f"CREATE DATABASE {name}")
    _fill(make_app(_named(postgres_url, name), tmp_path_factory.mktemp("pg-files")))
    return name


def _fill(app: Flask) -> None:
    with clock.at(START), app.app_context():
        install()
        build_town()
        db.session.remove()
        db.engine.dispose()


def _named(url: str, name: str) -> str:
    base, _, query = url.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


_serial = iter(range(1, 10**6))


@pytest.fixture(params=ENGINES)
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A fresh application on each of the two databases, inside its context, at ``START``."""
    made = request.param == "sqlite"
    yield from _sqlite_app(request, tmp_path) if made else _postgres_app(request, tmp_path)


@pytest.fixture
def sqlite_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A fresh application on SQLite alone, for tests that are not about data."""
    yield from _sqlite_app(request, tmp_path)


def _sqlite_app(request: pytest.FixtureRequest, folder: Path) -> Iterator[Flask]:
    path = folder / "test.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    yield from _running(make_app(f"sqlite:///{path}", folder))


def _postgres_app(request: pytest.FixtureRequest, folder: Path) -> Iterator[Flask]:
    url: str = request.getfixturevalue("postgres_url")
    template: str = request.getfixturevalue("postgres_template")
    name = f"test_{os.getpid()}_{next(_serial)}"
    _administer(url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield from _running(make_app(_named(url, name), folder))
    _administer(url, f"DROP DATABASE {name} WITH (FORCE)")


def _running(app: Flask) -> Iterator[Flask]:
    with clock.at(START), app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def town(app: Flask) -> Town:
    """The people and enterprises of the template."""
    return Town()


@pytest.fixture
def now() -> datetime:
    """The moment at which every test starts: a working Tuesday morning."""
    return START.astimezone(UTC)
