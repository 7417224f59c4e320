"""The search index, and an audit trail that cannot be changed.

Both are written in each database's own SQL, because neither has a portable form.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQLITE_UP = (
    "CREATE VIRTUAL TABLE ticket_search USING fts5"
    "(terms, content='', contentless_delete=1, detail=none, tokenize='unicode61')",
    "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail cannot be changed'); END",
    "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail cannot be changed'); END",
)
SQLITE_DOWN = (
    "DROP TRIGGER audit_entry_no_delete",
    "DROP TRIGGER audit_entry_no_update",
    "DROP TABLE ticket_search",
)
POSTGRES_UP = (
    "CREATE TABLE ticket_search (ticket_id integer PRIMARY KEY, terms tsvector NOT NULL)",
    "CREATE INDEX ix_ticket_search_terms ON ticket_search USING gin (terms)",
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit trail cannot be changed'; END $$",
    "CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
)
POSTGRES_DOWN = (
    "DROP TRIGGER audit_entry_no_change ON audit_entry",
    "DROP FUNCTION audit_refuse()",
    "DROP TABLE ticket_search",
)


def upgrade() -> None:
    _run(SQLITE_UP, POSTGRES_UP)


def downgrade() -> None:
    _run(SQLITE_DOWN, POSTGRES_DOWN)


def _run(sqlite: tuple[str, ...], postgres: tuple[str, ...]) -> None:
    for statement in sqlite if op.get_bind().dialect.name == "sqlite" else postgres:
        op.execute(statement)
