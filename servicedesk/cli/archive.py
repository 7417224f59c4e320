"""``flask backup``, ``restore`` and ``reindex``."""

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from servicedesk.backup.contents import BackupError
from servicedesk.cli.common import OUT, make_folders, settings
from servicedesk.tickets import search


@click.command("backup")
@click.argument("file", type=OUT)
@with_appcontext
def backup(file: Path) -> None:
    """Write everything to FILE (.tar.gz) while the service desk runs."""
    from servicedesk.backup.make import make

    try:
        manifest = make(file.resolve(), settings().uploads_dir)
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    rows = sum(table.rows for table in manifest.tables.values())
    click.echo(f"{file}: {rows} rows of {len(manifest.tables)} tables, {len(manifest.files)} files")
    for name in manifest.missing:
        click.echo(
            f"DAMAGED: the attachment {name} is missing or has changed on the disk", err=True
        )
    if manifest.missing:
        sys.exit(1)


@click.command("restore")
@click.argument("file", type=OUT)
@with_appcontext
def restore(file: Path) -> None:
    """Bring everything of FILE back, into an empty database."""
    from servicedesk.backup.restore import restore as bring_back

    make_folders()
    try:
        manifest = bring_back(file, settings().data_dir, settings().uploads_dir)
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    rows = sum(table.rows for table in manifest.tables.values())
    click.echo(f"restored: {rows} rows, {len(manifest.files)} files, as of {manifest.made_at}")


@click.command("reindex")
@with_appcontext
def reindex() -> None:
    """Build the search index again from the tickets."""
    click.echo(f"{search.reindex()} tickets indexed")
