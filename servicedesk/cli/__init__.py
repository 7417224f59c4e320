"""The flask commands that operators and scripts rely on."""

from flask import Flask

from servicedesk.cli import archive, data, jobs, service, users


def register(app: Flask) -> None:
    """Attach the commands to the application."""
    for command in (
        service.serve,
        service.scheduler,
        service.setup,
        jobs.jobs,
        data.counts,
        data.audit,
        data.demo,
        data.report,
        archive.backup,
        archive.restore,
        archive.reindex,
        users.user,
    ):
        app.cli.add_command(command)
