"""E-mail: what a message says, and how it leaves the house."""

import os
import re
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from flask_babel import force_locale, gettext

from servicedesk.clock import clock
from servicedesk.notifications.actions import Claimed
from servicedesk.notifications.digests import Told

TIMEOUT = 20  # seconds; a claim lasts two minutes, so nobody else takes the message meanwhile
DIGEST_MOST = 200  # notices in one digest; the rest is on the page of notices
_LOCAL = ("localhost", "127.0.0.1", "::1")


class NoEncryption(Exception):
    """The server offers no TLS, and a password would go over the network in clear."""


def compose(message: Claimed, sender: str, link: str) -> EmailMessage:
    """Write the e-mail in the recipient's language; a repeat carries the same Message-ID."""
    with force_locale(message.language):
        subject = gettext(message.text)
        hint = gettext("这是系统自动发送的邮件，请勿直接回复。")
    body = (subject, _one_line(message.detail), link, hint)
    return _letter(message, sender, subject, body)


def compose_digest(message: Claimed, sender: str, links: Mapping[Told, str]) -> EmailMessage:
    """Write the collected e-mail: ticket by ticket, what happened to each and where to look."""
    with force_locale(message.language):
        subject = gettext("今日通知汇总：%(n)s条", n=len(message.digest))
        intro = gettext("上次汇总以来，与您有关的通知如下；已在系统里看过的不再列出。")
        more = len(message.digest) - DIGEST_MOST
        rest = gettext("另有%(n)s条，请登录后在通知页查看。", n=more) if more > 0 else ""
        hint = gettext("这是系统自动发送的邮件，请勿直接回复。可在“我的账号”里改变接收方式。")
        groups = _groups(message, links)
    return _letter(message, sender, subject, (intro, *groups, rest, hint))


def _groups(message: Claimed, links: Mapping[Told, str]) -> list[str]:
    """Return one block for each ticket, or page that is no ticket's: its name, what happened, where."""
    found: dict[tuple[object, str], list[Told]] = {}
    for one in message.digest[:DIGEST_MOST]:
        about = one.ticket_id or _one_line(one.detail)
        found.setdefault((about, links.get(one, "")), []).append(one)
    return [_block(told, link) for (_about, link), told in found.items()]


def _block(told: Sequence[Told], link: str) -> str:
    head = max((_one_line(one.detail) for one in told), key=len)
    lines = [f"  · {_one_line(gettext(one.text))}" for one in told]
    return "\n".join(part for part in (head, *lines, f"  {link}" if link else "") if part)


def _letter(message: Claimed, sender: str, subject: str, body: tuple[str, ...]) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = _one_line(subject)
    mail["From"] = _one_line(sender)
    mail["To"] = _one_line(message.recipient)
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = f"<{_one_line(message.message_id)}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join(part for part in body if part) + "\n")
    return mail


def _one_line(text: str) -> str:
    """No data may begin a header of its own."""
    return " ".join(text.split())


def send(mail: EmailMessage, url: str) -> None:
    """Send by SMTP: ``smtp://user:password@host:port`` (TLS where offered) or ``smtps://``."""
    parts = urlsplit(url)
    with _connect(parts) as server:
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(mail)


def _connect(parts: SplitResult) -> smtplib.SMTP:
    host = parts.hostname or "localhost"
    tls = ssl.create_default_context()
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=tls)
    server = smtplib.SMTP(host, parts.port or (587 if parts.username else 25), timeout=TIMEOUT)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=tls)
    elif parts.username and host not in _LOCAL:
        server.close()
        raise NoEncryption("the mail server offers no encryption")
    return server


def reason(error: Exception, url: str) -> str:
    """Say what went wrong, for the administrator's page; never with the server's password."""
    text = _one_line(f"{type(error).__name__}: {error}")
    for secret in {urlsplit(url).password, unquote(urlsplit(url).password or "")}:
        text = text.replace(secret, "***") if secret else text
    return text


def keep(mail: EmailMessage, folder: Path, name: str) -> None:
    """Write the e-mail as a file, whole or not at all; a repeat replaces the file before it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / (re.sub(r"[^A-Za-z0-9._-]", "_", name) + ".eml")
    temporary = target.with_suffix(f".part{os.getpid()}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640), "wb") as file:
        file.write(mail.as_bytes())
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)
