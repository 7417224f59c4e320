"""What several commands need."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask import Flask, current_app
from sqlalchemy import make_url

from config import Settings

ZONE = ZoneInfo("Asia/Shanghai")


def application() -> Flask:
    """Return the application itself, to hand it to something that outlives this context."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def settings() -> Settings:
    """Return the settings of the application."""
    found: Settings = current_app.extensions["settings"]
    return found


def make_folders() -> None:
    """Make the folders that the database and the files lie in."""
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    url = make_url(settings().database_url)
    if url.drivername == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


class Moment(click.ParamType[datetime]):
    """An ISO time; without a zone it is local time of the park (Asia/Shanghai)."""

    name = "iso-time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the moment, aware."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an ISO time such as 2024-03-05T09:30.", param, ctx)
        return moment.replace(tzinfo=ZONE) if moment.tzinfo is None else moment


DAY = click.DateTime(formats=["%Y-%m-%d"])
OUT = click.Path(path_type=Path, dir_okay=False)
