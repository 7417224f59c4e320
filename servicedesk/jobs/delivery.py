"""The outbox worker (发件): claims one message, sends it outside any transaction, marks it.

At least once is promised. A worker that dies between sending and marking repeats one message, and
the repeat has the same Message-ID (rules C9, C10).
"""

import logging
import os
import socket
import threading
import time
from email.message import EmailMessage

from flask import current_app

from config import Settings
from servicedesk.extensions import db
from servicedesk.jobs import mail
from servicedesk.notifications.actions import Claimed, claim, mark_failed, mark_sent
from servicedesk.notifications.digests import Told
from servicedesk.tickets.queries import numbers

log = logging.getLogger(__name__)
BUDGET = 20.0  # seconds for one run, so that a slow mail server does not hold the other jobs up
GIVE_REST_AFTER = 5  # failures in a row: the server is down, the next run tries again


def deliver() -> int:
    """Send what waits in the outbox and is due; returns how many messages went out."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
    sent = failures = 0
    end = time.monotonic() + BUDGET
    while failures < GIVE_REST_AFTER and time.monotonic() < end:
        message = claim(owner)
        if message is None:
            break
        if _send(message, owner):
            sent, failures = sent + 1, 0
        else:
            failures += 1
    return sent


def _send(message: Claimed, owner: str) -> bool:
    settings: Settings = current_app.extensions["settings"]
    try:
        letter = _compose(message, settings)
        db.session.rollback()  # no transaction stays open while the network is slow (rule C3)
        if settings.smtp_url:
            mail.send(letter, settings.smtp_url)
        else:
            mail.keep(letter, settings.mail_dir, _file_name(message))
    except Exception as error:
        why = mail.reason(error, settings.smtp_url)
        log.warning("message %s was not sent: %s", message.id, why)
        mark_failed(message, owner, why)
        return False
    mark_sent(message, owner)
    return True


def _compose(message: Claimed, settings: Settings) -> EmailMessage:
    if message.digest:
        links = _links(message, settings.base_url)
        return mail.compose_digest(message, settings.mail_from, links)
    return mail.compose(message, settings.mail_from, _link(message, settings.base_url))


def _links(message: Claimed, base_url: str) -> dict[Told, str]:
    """Return where each notice of a digest leads; the numbers of all tickets in one statement."""
    found = numbers({one.ticket_id for one in message.digest if one.ticket_id})
    links = {}
    for one in message.digest:
        number = found.get(one.ticket_id or 0)
        path = f"/t/{number}" if number else one.link
        links[one] = base_url + path if path else ""
    return links


def _link(message: Claimed, base_url: str) -> str:
    if message.link:
        return base_url + message.link
    if message.ticket_id is None:
        return ""
    number = numbers([message.ticket_id]).get(message.ticket_id)
    return f"{base_url}/t/{number}" if number else ""


def _file_name(message: Claimed) -> str:
    """The same for a repeat, and in the order of time."""
    return f"{message.created_at:%Y%m%d-%H%M%S}-{message.message_id.partition('@')[0]}"
