"""``flask jobs``: what the scheduler runs, by hand."""

from contextlib import nullcontext
from datetime import datetime

import click
from flask.cli import AppGroup

from servicedesk.cli.common import ZONE, Moment
from servicedesk.clock import clock
from servicedesk.jobs.queries import runs
from servicedesk.jobs.registry import JOBS

jobs = AppGroup("jobs", help="What the scheduler runs.")


@jobs.command("list")
def list_jobs() -> None:
    """Show the jobs in their order, and how each went last."""
    last = {run.name: run for run in runs()}
    for name, function in JOBS.items():
        run = last.get(name)
        line = (function.__doc__ or "").partition("\n")[0]
        when = f"{run.finished_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}" if run else "never run"
        fault = f"  ERROR {run.error}" if run and run.error else ""
        click.echo(f"{name:13} {when:20} {line}{fault}")


@jobs.command("run")
@click.argument("name", type=click.Choice(list(JOBS)))
@click.option("--at", "moment", type=Moment(), help="As of this time (ISO; local unless it says).")
def run_one(name: str, moment: datetime | None) -> None:
    """Run the job NAME once, now or as of another time."""
    with clock.at(moment) if moment else nullcontext():
        changed = JOBS[name]()
    click.echo(f"{name}: {changed} changed")
