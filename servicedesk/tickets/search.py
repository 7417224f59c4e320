"""The search index over tickets: the same terms in SQLite's FTS5 and PostgreSQL's GIN."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select, text
from sqlalchemy.sql.elements import TextClause

from servicedesk.catalogue.models import ServiceItem
from servicedesk.core.textsearch import index_terms, query_terms
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work

BATCH = 1000

_INSERT = {
    "sqlite": "INSERT INTO ticket_search (rowid, terms) VALUES (:id, :terms)",
    "postgresql": "INSERT INTO ticket_search (ticket_id, terms) "
    "VALUES (:id, array_to_tsvector(string_to_array(:terms, ' ')))",
}
_REMOVE = {
    "sqlite": "DELETE FROM ticket_search WHERE rowid = :id",
    "postgresql": "DELETE FROM ticket_search WHERE ticket_id = :id",
}
_MATCH = {
    "sqlite": "ticket.id IN (SELECT rowid FROM ticket_search WHERE ticket_search MATCH :query)",
    "postgresql": "ticket.id IN "
    "(SELECT ticket_id FROM ticket_search WHERE terms @@ CAST(:query AS tsquery))",
}


def add_many(terms: Sequence[Mapping[str, object]]) -> None:
    """Add many tickets at once; each row has ``id`` and its ``terms``, separated by blanks."""
    db.session.execute(text(_INSERT[_dialect()]), terms)


def texts_of(ticket: Ticket, item: ServiceItem, enterprise: Enterprise) -> list[str]:
    """Return what a ticket is found under; the words of a confidential one are left out."""
    title = [] if ticket.confidential else [ticket.title, ticket.description]
    return [
        ticket.number, ticket.number.replace("-", ""), *title, item.search_text,
        enterprise.name, enterprise.credit_code or "",
    ]  # fmt: skip


@unit_of_work
def reindex() -> int:
    """Build the whole index again from the tickets; returns how many it holds."""
    db.session.execute(text("DELETE FROM ticket_search"))
    last = done = 0
    while rows := db.session.execute(_after(last)).all():
        for ticket, item, enterprise in rows:
            add(ticket.id, texts_of(ticket, item, enterprise))
        last, done = rows[-1][0].id, done + len(rows)
        db.session.flush()
        db.session.expunge_all()  # a million tickets must not stay in memory
    return done


def refresh(enterprise_id: int) -> None:
    """Make an enterprise's tickets findable under its present name and code."""
    query = _joined().where(Ticket.enterprise_id == enterprise_id)
    for ticket, item, enterprise in db.session.execute(query).all():
        db.session.execute(text(_REMOVE[_dialect()]), {"id": ticket.id})
        add(ticket.id, texts_of(ticket, item, enterprise))


def _after(ticket_id: int) -> Select[Ticket, ServiceItem, Enterprise]:
    return _joined().where(Ticket.id > ticket_id).order_by(Ticket.id).limit(BATCH)


def _joined() -> Select[Ticket, ServiceItem, Enterprise]:
    return (
        select(Ticket, ServiceItem, Enterprise)
        .join(ServiceItem, ServiceItem.id == Ticket.item_id)
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
    )


def add(ticket_id: int, texts: Iterable[str]) -> None:
    """Make a ticket findable under all of ``texts``."""
    terms = " ".join(index_terms(" ".join(texts)))
    db.session.execute(text(_INSERT[_dialect()]), {"id": ticket_id, "terms": terms})


def condition(words: str) -> ColumnElement[bool] | TextClause | None:
    """Return the condition that a ticket has all of ``words``; ``None`` if there are no words."""
    terms = query_terms(words)
    if not terms:
        return None
    query = _fts5(terms) if _dialect() == "sqlite" else _tsquery(terms)
    value: BindParameter[str] = bindparam("query", query, unique=True)
    return text(_MATCH[_dialect()]).bindparams(value)


TERMS_ASKED = 24
_NEWEST_WITH_ANY = {
    "sqlite": "ticket.id IN (SELECT rowid FROM ticket_search WHERE ticket_search MATCH :query "
    "AND rowid > (SELECT max(id) FROM ticket) - :newest ORDER BY rowid DESC LIMIT :most)",
    "postgresql": "ticket.id IN (SELECT ticket_id FROM ticket_search "
    "WHERE terms @@ CAST(:query AS tsquery) AND ticket_id > (SELECT max(id) FROM ticket) - :newest "
    "ORDER BY ticket_id DESC LIMIT :most)",
}


def any_of(terms: Iterable[str], newest: int, most: int = 400) -> TextClause | None:
    """Return the condition of the ``most`` newest tickets, of the ``newest``, with any of ``terms``.

    It reads a bounded part of the index; at most ``TERMS_ASKED`` terms are asked for.
    """
    wanted = [f'"{term}"' for term in sorted(terms)[:TERMS_ASKED]]
    if not wanted:
        return None
    if _dialect() == "postgresql":
        query = " | ".join(term.replace('"', "'") for term in wanted)
    else:
        query = " OR ".join(wanted)
    return text(_NEWEST_WITH_ANY[_dialect()]).bindparams(query=query, newest=newest, most=most)


def _fts5(terms: list[tuple[str, bool]]) -> str:
    return " AND ".join(f'"{term}"*' if prefix else f'"{term}"' for term, prefix in terms)


def _tsquery(terms: list[tuple[str, bool]]) -> str:
    return " & ".join(f"'{term}':*" if prefix else f"'{term}'" for term, prefix in terms)


def _dialect() -> str:
    return db.engine.dialect.name
