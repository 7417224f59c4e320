"""E-mails that the scheduler wrote into a folder because no mail server is set."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from flask import abort, current_app, render_template, request

from config import Settings
from servicedesk.audit.actions import record_alone
from servicedesk.web.access import actor, requires
from servicedesk.web.admin.blueprint import admin

PAGE = 50
LARGEST = 512 * 1024


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail of the folder, as the pages show it."""

    name: str
    subject: str
    sender: str
    recipient: str
    written: datetime
    text: str = ""


@admin.get("/mail")
@requires("admin.system")
def mail() -> str:
    """List the e-mails, newest first."""
    start = max(0, request.args.get("start", 0, type=int))
    files = letters()
    shown = [read(path) for path in files[start : start + PAGE]]
    older = start + PAGE if start + PAGE < len(files) else None
    return render_template(
        "admin/mail.html",
        letters=shown,
        total=len(files),
        older=older,
        smtp=bool(_settings().smtp_url),
    )


@admin.get("/mail/<name>")
@requires("admin.system")
def mail_message(name: str) -> str:
    """Show one e-mail as plain text; only what the listing names can be opened."""
    path = next((path for path in letters() if path.name == name), None)
    if path is None:
        abort(404)
    record_alone(actor(), "mail.view", "mail", name)
    return render_template("admin/mail_message.html", letter=read(path, whole=True))


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def letters() -> list[Path]:
    """Return the e-mail files of the folder, newest first; links are passed over."""
    folder = _settings().mail_dir
    if not folder.is_dir():
        return []
    files = [path for path in folder.glob("*.eml") if path.is_file() and not path.is_symlink()]
    return sorted(files, key=lambda path: (path.stat().st_mtime, path.name), reverse=True)


def read(path: Path, *, whole: bool = False) -> Letter:
    """Return the e-mail in ``path``, with its text if the whole of it is wanted."""
    with path.open("rb") as file:
        message = BytesParser(policy=policy.default).parsebytes(
            file.read(LARGEST), headersonly=not whole
        )
    return Letter(
        name=path.name,
        subject=_header(message, "subject"),
        sender=_header(message, "from"),
        recipient=_header(message, "to"),
        written=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        text=_text(message) if whole else "",
    )


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name, ""))[:300]


def _text(message: EmailMessage) -> str:
    """Return the plain text of ``message``, else its source as it came over the wire."""
    body = message.get_body(preferencelist=("plain",))
    if body is None:
        return message.as_bytes().decode("utf-8", "replace")
    try:
        return str(body.get_content())
    except LookupError:  # a character set that Python does not know
        return bytes(body.get_payload(decode=True) or b"").decode("utf-8", "replace")
