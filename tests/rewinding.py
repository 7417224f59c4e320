"""Put a PostgreSQL database back to how it was, many times faster than making it again.

A schema of its own keeps a copy of every row. A table is restored when a row of it is missing,
added or written by another transaction than the one that restored it last. A database in which
tables, triggers or functions were altered cannot be restored: :meth:`Rewinder.rewind` says so.
"""

from psycopg import Connection, connect

PREPARE = """
CREATE SCHEMA seed;
CREATE TABLE seed.kept (name text PRIMARY KEY, rows bigint NOT NULL, written xid NOT NULL);
CREATE TABLE seed.counter (name text PRIMARY KEY, value bigint, called boolean NOT NULL);
CREATE TABLE seed.altered (what text NOT NULL);

DO $do$
DECLARE
  found record;
  parts text := '';
BEGIN
  FOR found IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE seed.%I AS TABLE public.%I', found.name, found.name);
    EXECUTE format('INSERT INTO seed.kept SELECT %L, count(*), ''0'' FROM public.%I',
                   found.name, found.name);
    parts := parts || format($part$
  SELECT rows, written INTO part FROM seed.kept WHERE name = %1$L;
  IF NOT (SELECT count(*) = part.rows AND bool_and(xmin = part.written) IS NOT FALSE
          FROM public.%1$I) THEN
    DELETE FROM public.%1$I;
    INSERT INTO public.%1$I SELECT * FROM seed.%1$I;
    UPDATE seed.kept SET written = pg_current_xact_id()::xid WHERE name = %1$L;
  END IF;$part$, found.name);
  END LOOP;
  INSERT INTO seed.counter
    SELECT quote_ident(sequencename), coalesce(last_value, start_value), last_value IS NOT NULL
    FROM pg_sequences WHERE schemaname = 'public';
  -- Written out for every table, so that a connection plans each statement once.
  EXECUTE format($function$
CREATE FUNCTION seed.rewind() RETURNS boolean LANGUAGE plpgsql AS $body$
DECLARE
  part record;
BEGIN
  IF EXISTS (SELECT FROM seed.altered) THEN
    RETURN false;
  END IF;
  SET LOCAL session_replication_role = replica;%s
  PERFORM setval(name::regclass, coalesce(value, 1), called) FROM seed.counter;
  RETURN true;
END $body$$function$, parts);
END $do$;

CREATE FUNCTION seed.note() RETURNS event_trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO seed.altered VALUES (tg_tag); END $$;
CREATE EVENT TRIGGER altered ON ddl_command_end EXECUTE FUNCTION seed.note();
ALTER EVENT TRIGGER altered ENABLE ALWAYS;
"""


class Rewinder:
    """The way back to a database's first rows, over one connection, which keeps its plans."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None

    def prepare(self) -> None:
        """Keep a copy of every row of the database, in a schema of its own."""
        self._open().execute(PREPARE)

    def rewind(self) -> bool:
        """Restore every row and counter; false where the tables themselves were altered."""
        row = self._open().execute("SELECT seed.rewind()").fetchone()
        return row == (True,)

    def close(self) -> None:
        """Let the database go: it can be dropped, or be a template."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = connect(self._url.replace("+psycopg", "", 1), autocommit=True)
        return self._connection
