"""Mail: at least once, never twice by two workers, kept while the server is down."""

import email
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from flask_babel import get_locale
from sqlalchemy import select

from config import Settings
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.jobs import delivery, mail, tasks
from servicedesk.notifications.actions import Claimed, tell
from servicedesk.notifications.models import OutboxMessage
from servicedesk.transaction import writing
from tests.jobs.support import in_progress
from tests.support import Town, local, pass_time


class Server(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it gets; ``fault`` is what it answers to DATA instead."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.letters: list[EmailMessage] = []
        self.fault = ""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = cast(Server, self.server)
        self._say("220 test")
        while line := self.rfile.readline().strip().upper():
            if line == b"DATA" and not server.fault:
                self._say("354 go on")
                server.letters.append(email.message_from_bytes(self._body(), policy=default))
                self._say("250 kept")
            elif line == b"DATA":
                self._say(server.fault)
            elif line == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    """A mail server that the application sends to."""
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        _use(app, running.url)
        yield running
        running.shutdown()


def _use(app: Flask, url: str) -> None:
    object.__setattr__(app.extensions["settings"], "smtp_url", url)


def _tell(town: Town, number: int = 1, text: str = "收到新的工单，请受理。", **more: str) -> None:
    with writing():
        for one in range(number):
            tell([town.user("desk")], text, key=f"test:{text}:{one}", **more)


def _messages() -> list[OutboxMessage]:
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def test_a_letter_says_what_happened_and_where(town: Town, server: Server) -> None:
    ticket = town.file()
    assert delivery.deliver() == 1
    assert delivery.deliver() == 0
    (letter,) = server.letters
    (message,) = _messages()
    assert letter["Subject"] == "收到新的工单，请受理。"
    assert letter["To"] == "desk@example.invalid"
    assert letter["Message-ID"] == f"<{message.message_id}>"
    body = letter.get_content()
    assert f"http://localhost/t/{ticket.number}" in body
    assert ticket.title in body
    assert (message.state, message.sent_at) == ("sent", clock.now())


def test_a_failing_server_keeps_the_message_and_the_retry_has_the_same_id(
    town: Town, server: Server
) -> None:
    _tell(town)
    server.fault = "451 try later"
    assert delivery.deliver() == 0
    (message,) = _messages()
    number = message.message_id
    assert (message.state, message.attempts) == ("waiting", 1)
    assert "451" in message.last_error
    server.fault = ""
    assert delivery.deliver() == 0  # the pause has not passed
    pass_time(minutes=2)
    assert delivery.deliver() == 1
    assert [letter["Message-ID"] for letter in server.letters] == [f"<{number}>"]
    assert _messages()[0].last_error == ""


def test_a_worker_that_dies_after_sending_repeats_the_same_id(
    town: Town, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    _tell(town)

    def killed(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(delivery, "mark_sent", killed)
    with pytest.raises(SystemExit):
        delivery.deliver()
    monkeypatch.undo()
    assert delivery.deliver() == 0  # the claim still holds
    pass_time(minutes=3)
    assert delivery.deliver() == 1
    assert len({letter["Message-ID"] for letter in server.letters}) == 1
    assert len(server.letters) == 2


def test_a_dead_server_is_left_alone_after_a_few_failures(app: Flask, town: Town) -> None:
    with Server() as gone:
        url = gone.url
    _use(app, url.replace("smtp://", "smtp://me:a-secret-word@"))
    _tell(town, 12)
    assert delivery.deliver() == 0
    tried = [message.attempts for message in _messages()]
    assert sum(tried) == delivery.GIVE_REST_AFTER
    assert all("a-secret-word" not in message.last_error for message in _messages())


def test_after_three_days_it_is_a_dead_letter(town: Town, server: Server) -> None:
    _tell(town)
    server.fault = "451 try later"
    for _ in range(80):
        pass_time(hours=1, minutes=1)
        delivery.deliver()
    assert _messages()[0].state == "failed"
    attempts = _messages()[0].attempts
    pass_time(days=1)
    delivery.deliver()
    assert _messages()[0].attempts == attempts


def test_without_a_server_letters_lie_in_a_folder(app: Flask, town: Town) -> None:
    settings: Settings = app.extensions["settings"]
    _tell(town, 2)
    assert tasks.audit() >= 0
    assert delivery.deliver() == 2
    files = sorted(settings.mail_dir.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    letter = email.message_from_bytes(files[0].read_bytes(), policy=default)
    assert letter["Subject"] == "收到新的工单，请受理。"
    assert letter["Message-ID"] in {f"<{message.message_id}>" for message in _messages()}


def test_no_text_becomes_a_header(app: Flask, tmp_path: Path) -> None:
    message = Claimed(
        1, 1, "a@example.invalid\r\nBcc: b@example.invalid", "id\r\nX: 1", "zh",
        "题目\r\nBcc: c@example.invalid", "细节\r\nX-Y: 2", None, clock.now(),
    )  # fmt: skip
    letter = mail.compose(message, "desk@example.invalid\r\nX-Z: 3", "")
    folder = tmp_path / "letters"
    mail.keep(letter, folder, "../../x\n")
    (file,) = folder.iterdir()
    read = email.message_from_bytes(file.read_bytes(), policy=default)
    assert not {"Bcc", "X", "X-Y", "X-Z"} & set(read.keys())


def test_a_person_reads_the_own_language(
    town: Town, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing():
        town.user("desk").language = "en"
    monkeypatch.setattr(mail, "gettext", lambda text: f"{get_locale()}: {text}")
    _tell(town)
    assert delivery.deliver() == 1
    assert server.letters[0]["Subject"] == "en: 收到新的工单，请受理。"


def test_reminders_wait_for_working_time(town: Town, server: Server) -> None:
    clock.set(local("2024-01-03 10:00"))
    in_progress(town)
    pass_time(seconds=11)  # a step that can be undone is told of after ten seconds
    delivery.deliver()
    server.letters.clear()
    clock.set(local("2024-03-09 20:00"))  # a Saturday evening
    assert tasks.escalate() == 5
    assert delivery.deliver() == 0
    clock.set(local("2024-03-11 08:59"))
    assert delivery.deliver() == 0
    clock.set(local("2024-03-11 09:00"))
    assert delivery.deliver() > 0


def test_workers_never_send_the_same_message_twice(app: Flask, town: Town, server: Server) -> None:
    _tell(town, 40)
    barrier = threading.Barrier(4)
    sent: list[int] = []

    def work() -> None:
        with app.app_context():
            barrier.wait()
            sent.append(sum(delivery.deliver() for _ in range(5)))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(sent) == 40
    assert max(Counter(letter["Message-ID"] for letter in server.letters).values()) == 1
    assert len(server.letters) == 40
    assert {(message.state, message.attempts) for message in _messages()} == {("sent", 1)}
