"""Fixtures: an application on SQLite and on a real PostgreSQL, fresh for every test.

Both start from a template that went through the migrations and the installation once.
"""

import contextvars
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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
from servicedesk.transaction import forget
from tests.rewinding import Rewinder
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
    rewinder = Rewinder(_named(postgres_url, name))
    rewinder.prepare()
    rewinder.close()
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


@dataclass
class Kept:
    """An application that all tests of a run share: only what lies beneath it is made anew.

    Building one compiles every route and, later, every page and statement, which takes longer
    than most tests.
    """

    app: Flask
    folder: Path
    config: dict[str, Any]
    settings: config.Settings

    @classmethod
    def build(cls, url: str, folder: Path) -> "Kept":
        app = make_app(url, folder)
        return cls(app, folder, dict(app.config), app.extensions["settings"])

    def run(self, fill: Callable[[], object]) -> Iterator[Flask]:
        """Yield the application, as built, over an empty folder and a database from ``fill``."""
        for left in self.folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        fill()
        forget()
        self.app.config.clear()
        self.app.config.update(self.config)
        self.app.extensions["settings"] = replace(self.settings)
        with clock.at(START), self.app.app_context():
            yield self.app
            db.session.remove()

    def disconnect(self) -> None:
        """Close the connections that wait for the next use."""
        with self.app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def kept_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The application on SQLite."""
    folder = tmp_path_factory.mktemp("on-sqlite")
    return Kept.build(f"sqlite:///{folder / 'test.db'}", folder)


@pytest.fixture(scope="session")
def kept_postgres(
    postgres_url: str, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Kept:
    """The application on PostgreSQL."""
    name = f"test_{os.getpid()}"
    _copy_database(postgres_url, postgres_template, name)
    return Kept.build(_named(postgres_url, name), tmp_path_factory.mktemp("on-postgres"))


@pytest.fixture(scope="session")
def rewinder(postgres_url: str, kept_postgres: Kept) -> Iterator[Rewinder]:
    """What puts the database of ``kept_postgres`` back to how it was."""
    rewinder = Rewinder(_named(postgres_url, f"test_{os.getpid()}"))
    yield rewinder
    rewinder.close()


def _copy_database(url: str, template: str, name: str) -> None:
    _administer(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _administer(url, f"CREATE DATABASE {name} TEMPLATE {template}")


@pytest.fixture(params=ENGINES)
def app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application with fresh data on each of the two databases, in its context, at ``START``."""
    yield from _sqlite_app(request) if request.param == "sqlite" else _postgres_app(request)


@pytest.fixture
def sqlite_app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application with fresh data on SQLite alone, for tests that are not about data."""
    yield from _sqlite_app(request)


def _sqlite_app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    kept: Kept = request.getfixturevalue("kept_sqlite")
    template: Path = request.getfixturevalue("sqlite_template")
    yield from kept.run(lambda: shutil.copy(template, kept.folder / "test.db"))
    kept.disconnect()


def _postgres_app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    url: str = request.getfixturevalue("postgres_url")
    template: str = request.getfixturevalue("postgres_template")
    kept: Kept = request.getfixturevalue("kept_postgres")
    rewinder: Rewinder = request.getfixturevalue("rewinder")

    def fill() -> None:
        if not rewinder.rewind():
            rewinder.close()
            kept.disconnect()
            _copy_database(url, template, f"test_{os.getpid()}")

    yield from kept.run(fill)


@pytest.fixture
def town(app: Flask) -> Town:
    """The people and enterprises of the template."""
    return Town()


@pytest.fixture
def now() -> datetime:
    """The moment at which every test starts: a working Tuesday morning."""
    return START.astimezone(UTC)
