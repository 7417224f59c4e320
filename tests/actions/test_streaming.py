"""Lists without end: rows come a chunk at a time, in order, while other tables are asked."""

import pytest
from sqlalchemy import select

from servicedesk import streaming
from servicedesk.enterprises.queries import names
from servicedesk.extensions import db
from servicedesk.streaming import in_chunks, streamed
from servicedesk.tickets.models import Ticket
from tests.support import Town


def test_rows_come_in_chunks_and_are_let_go(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    filed = [town.file().id for _ in range(8)]
    monkeypatch.setattr(streaming, "CHUNK", 3)
    db.session.remove()
    seen: list[int] = []
    sizes: list[int] = []
    held: list[int] = []
    rows = streamed(select(Ticket).order_by(Ticket.id))
    for chunk in in_chunks(row.Ticket for row in rows):
        known = names({ticket.enterprise_id for ticket in chunk})
        assert all(known[ticket.enterprise_id] for ticket in chunk)
        seen += [ticket.id for ticket in chunk]
        sizes.append(len(chunk))
        held.append(len(db.session.identity_map))
    assert (seen, sizes) == (filed, [3, 3, 2])
    assert max(held) <= 6
