"""The search index over tickets: the same terms in SQLite's FTS5 and PostgreSQL's GIN."""

from collections.abc import Iterable

from sqlalchemy import BindParameter, ColumnElement, bindparam, text
from sqlalchemy.sql.elements import TextClause

from servicedesk.core.textsearch import index_terms, query_terms
from servicedesk.extensions import db

_INSERT = {
    "sqlite": "INSERT INTO ticket_search (rowid, terms) VALUES (:id, :terms)",
    "postgresql": "INSERT INTO ticket_search (ticket_id, terms) "
    "VALUES (:id, array_to_tsvector(string_to_array(:terms, ' ')))",
}
_MATCH = {
    "sqlite": "ticket.id IN (SELECT rowid FROM ticket_search WHERE ticket_search MATCH :query)",
    "postgresql": "ticket.id IN "
    "(SELECT ticket_id FROM ticket_search WHERE terms @@ CAST(:query AS tsquery))",
}


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
    value: BindParameter[str] = bindparam("query", query)
    return text(_MATCH[_dialect()]).bindparams(value)


def _fts5(terms: list[tuple[str, bool]]) -> str:
    return " AND ".join(f'"{term}"*' if prefix else f'"{term}"' for term, prefix in terms)


def _tsquery(terms: list[tuple[str, bool]]) -> str:
    return " & ".join(f"'{term}':*" if prefix else f"'{term}'" for term, prefix in terms)


def _dialect() -> str:
    return db.engine.dialect.name
