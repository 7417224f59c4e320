"""``flask counts``, ``audit``, ``demo`` and ``report``."""

import sys
from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from servicedesk.audit.actions import record_alone
from servicedesk.audit.queries import verify
from servicedesk.cli.common import DAY, OUT, make_folders
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role
from servicedesk.organisation.queries import default_park, parks
from servicedesk.statistics.facts import build
from servicedesk.tickets.facts import ZONE

counts = AppGroup("counts", help="The built counts.")
audit = AppGroup("audit", help="The audit trail.")
demo = AppGroup("demo", help="Demonstration data.")
report = AppGroup("report", help="Reports as files.")


@counts.command("build")
def build_counts() -> None:
    """Count everything again from the tickets."""
    months = sum(build(park.id, everything=True) for park in parks())
    click.echo(f"{months} months written")


@counts.command("verify")
def verify_counts() -> None:
    """Recount from the tickets and compare; exit 1 with the differences."""
    from servicedesk.statistics.verify import differences

    found = [line for park in parks() for line in differences(park.id)]
    for line in found:
        click.echo(line)
    if found:
        sys.exit(1)
    click.echo("the counts are right")


@audit.command("verify")
def verify_audit() -> None:
    """Walk the sealed chain; exit 1 at the first break."""
    verdict = verify()
    if verdict.broken_at is not None:
        click.echo(f"BROKEN at seal {verdict.broken_at}: {verdict.reason}")
        sys.exit(1)
    click.echo(f"{verdict.sealed} entries are sealed and unchanged, {verdict.waiting} wait")


@demo.command("load")
@click.option("--tickets", type=click.IntRange(min=0), default=0, help="So many tickets more.")
@click.option("--seed", type=int, default=2024, show_default=True)
def load_demo(tickets: int, seed: int) -> None:
    """Load a year of park life."""
    from servicedesk.demo.year import load
    from servicedesk.installation import install

    make_folders()
    install()
    load(tickets=tickets, seed=seed, progress=click.echo)


@report.command("year")
@click.argument("year", type=click.IntRange(2000, 2100))
@click.option("--out", type=OUT, required=True, help="FILE.docx")
def year_report(year: int, out: Path) -> None:
    """Write the year-end summary of YEAR as a Word file."""
    _write_summary(f"{year:04d}", out)


@report.command("summary")
@click.argument("period")
@click.option("--out", type=OUT, required=True, help="FILE.docx")
def summary_report(period: str, out: Path) -> None:
    """Write the work summary of PERIOD (2024-W10, 2024-03, 2024-Q1, 2024-H1, 2024) as a Word file."""
    _write_summary(period, out)


def _write_summary(code: str, out: Path) -> None:
    from servicedesk.reports.periods import named
    from servicedesk.reports.summary import write

    try:
        period = named(code)
    except ValueError:
        wrong = "write 2024-W10, 2024-03, 2024-Q1, 2024-H1 or 2024."
        raise click.BadParameter(wrong, param_hint="PERIOD") from None
    if period.start > clock.now().astimezone(ZONE).date():
        raise click.BadParameter("the period has not begun.", param_hint="PERIOD")
    write(default_park().id, period, out)
    _on_record("summary.export", code)
    click.echo(f"written: {out}")


@report.command("ledger")
@click.option("--from", "first", type=DAY, required=True)
@click.option("--to", "last", type=DAY, required=True)
@click.option("--out", type=OUT, required=True, help="FILE.xlsx")
def ledger(first: datetime, last: datetime, out: Path) -> None:
    """Write the ledger (台账) of the days from .. to as an Excel file."""
    from servicedesk.reports.ledger import write

    if last < first:
        raise click.BadParameter("the last day is before the first.", param_hint="--to")
    rows = write(default_park().id, first.date(), last.date(), out)
    _on_record("ledger.export", f"from={first.date()}&to={last.date()}", rows=rows)
    click.echo(f"written: {out}")


def _on_record(action: str, what: str, **more: int) -> None:
    """Note in the audit trail that something was taken out by a command."""
    record_alone(Actor(None, Role.SYSTEM, default_park().id, "flask"), action, "list", what, **more)
