"""``flask serve``, ``scheduler`` and ``setup``."""

import click
from flask.cli import with_appcontext

from servicedesk.cli.common import application, make_folders


@click.command("setup")
@with_appcontext
def setup() -> None:
    """Bring tables, catalogue and calendar up to date; running it again changes nothing."""
    from servicedesk.installation import install

    make_folders()
    install()
    click.echo("the tables, the catalogue and the calendar are up to date")


@click.command("scheduler")
@with_appcontext
def scheduler() -> None:
    """Run the scheduler until SIGTERM or Ctrl-C."""
    from servicedesk.jobs.scheduler import run_forever

    run_forever(application())


@click.command("serve")
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True)
@click.option(
    "--port", envvar="PORT", type=click.IntRange(1, 65535), default=5000, show_default=True
)
@with_appcontext
def serve(host: str, port: int) -> None:
    """Set everything up, then run the web server and the scheduler until Ctrl-C."""
    from servicedesk.cli.serve import serve as run

    run(host, port)
