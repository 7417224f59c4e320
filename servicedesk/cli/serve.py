"""``flask serve``: everything set up, then the web server and the scheduler as two processes."""

import contextlib
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Mapping
from types import FrameType

import click
from flask_babel import gettext
from sqlalchemy import select

from config import ROOT
from servicedesk.accounts.queries import by_login
from servicedesk.cli.children import Child, start, stop_all
from servicedesk.cli.common import make_folders, settings
from servicedesk.core.permissions import ROLE_NAMES, Role
from servicedesk.extensions import db
from servicedesk.installation import install
from servicedesk.jobs import lease
from servicedesk.jobs.scheduler import new_owner, tick
from servicedesk.tickets.models import Ticket

WORKERS = 2
THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)  # more only wait for the interpreter
START_WITHIN = 60.0


def serve(host: str, port: int) -> None:
    """Prepare, start both, and stay until a signal comes or one of them ends."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _require_free(host, port)
        _prepare()
        _run(host, port)
    except KeyboardInterrupt:
        click.echo("stopped")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _require_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as error:
        raise click.ClickException(f"HOST {host!r} is not an address of this machine.") from error
    except OSError as error:
        raise click.ClickException(
            f"Port {port} cannot be used ({error.strerror}): stop what uses it, "
            f"or choose another one with PORT={port + 1}."
        ) from error


def _prepare() -> None:
    click.echo("==> bringing the database up to date")
    make_folders()
    install()
    _load_demo()
    click.echo("==> running the jobs once")
    owner = new_owner()
    tick(owner)
    lease.release(owner)
    db.session.remove()
    db.engine.dispose()


def _load_demo() -> None:
    """Once: as soon as there is a ticket, the data are somebody's."""
    if not settings().demo or db.session.scalar(select(Ticket.id).limit(1)) is not None:
        return
    from servicedesk.demo.year import load

    click.echo("==> loading a year of demonstration data, once (DEMO=0 leaves it out)")
    load(tickets=0, seed=2024, progress=lambda line: click.echo(f"    {line}"))


def _run(host: str, port: int) -> None:
    click.echo("==> starting the web server and the scheduler")
    _require_free(host, port)  # preparing took a while
    environment = {**os.environ, "FLASK_APP": "wsgi", "HOST": host, "PORT": str(port)}
    children: list[Child] = []
    try:
        children.append(start("web server", _granian(host, port), environment))
        children.append(start("scheduler", ("flask", "scheduler"), environment))
        _wait_until_answering(_local_address(host, port), children)
        _welcome(port)
        while True:
            _require_all(children)
            time.sleep(0.3)
    finally:
        # a second Ctrl-C must not leave one of them running
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        stop_all(children)


def _granian(host: str, port: int) -> tuple[str, ...]:
    options: Mapping[str, object] = {
        "interface": "wsgi",
        "host": host,
        "port": port,
        "workers": WORKERS,
        "blocking-threads": THREADS,
        "backpressure": THREADS * 8,  # the rest waits in the socket's queue, not in memory
        "workers-kill-timeout": 10,
        "log-level": "warning",
        "working-dir": ROOT,
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    return ("granian", *flags, "--respawn-failed-workers", "wsgi:app")


def _require_all(children: list[Child]) -> None:
    for child in children:
        if (code := child.process.poll()) is not None:
            click.echo(f"the {child.name} has ended (exit code {code}); stopping", err=True)
            sys.exit(1)


def _local_address(host: str, port: int) -> str:
    if host in ("0.0.0.0", "::", ""):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _wait_until_answering(address: str, children: list[Child]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + START_WITHIN
    while time.monotonic() < end:
        _require_all(children)
        with contextlib.suppress(OSError), opener.open(f"{address}/healthz", timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    click.echo(f"the web server has not answered within {START_WITHIN:.0f} s", err=True)
    sys.exit(1)


def _welcome(port: int) -> None:
    given = os.environ.get("BASE_URL")
    click.echo(f"\n    帮代办 Service Desk: {given or f'http://127.0.0.1:{port}'}\n")
    for role, login, password in _accounts():
        click.echo(f"    {gettext(ROLE_NAMES[role])}  {login} / {password}")
    click.echo("\n    Ctrl-C stops it.")


def _accounts() -> list[tuple[Role, str, str]]:
    """The demonstration's accounts, where they are there."""
    if not settings().demo:
        return []
    from servicedesk.demo.people import DEMO_ACCOUNTS

    found = [account for account in DEMO_ACCOUNTS if by_login(account[1]) is not None]
    db.session.remove()
    return found
