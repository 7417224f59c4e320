"""What is read again and again of tables that seldom change (常读少改): kept while they stay as they are.

Each of these tables has a token in the database. A unit of work that writes to one gives it another,
in the same transaction; a reader asks for all tokens once in a transaction, and answers from memory where
those of the tables that it read are still the same. Which tables these are is noted as they are read.
"""

import functools
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from secrets import token_hex
from typing import Any, NamedTuple, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Table, TextClause, UpdateBase, event, select, update
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.visitors import iterate

from servicedesk.database import Base
from servicedesk.extensions import db

P = ParamSpec("P")
T = TypeVar("T")

WATCHED = frozenset({
    "category", "declaration", "enterprise", "enterprise_patent", "enterprise_title", "fact_build",
    "fact_segment", "financing_drawdown", "financing_need", "financing_offer", "job_post", "metric",
    "package_case", "package_step", "park", "performance_note", "performance_weights", "placement",
    "policy", "problem", "saved_dashboard", "service_item", "unit", "visit",
})  # fmt: skip
"""Tables with a token; a new one gets its row by a migration.

Writers of one table wait for one another's commit, so none is written by many at the same moment: the
facts have one builder, accounts (each sign-in writes to them) and tickets have no token.
"""
KEPT_MAX, ONCE_MAX = 5000, 2000

_read: ContextVar[set[str] | None] = ContextVar("read", default=None)
_written: ContextVar[set[str] | None] = ContextVar("written", default=None)
_kept: "dict[tuple[Any, ...], _Answer]" = {}


class TableToken(Base):
    """A watched table and its token, which is another one after every change of the table."""

    __tablename__ = "table_token"

    name: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str]


class _Answer(NamedTuple):
    tokens: Mapping[str, str]
    value: Any


def while_unchanged(read: Callable[P, T]) -> Callable[P, T]:
    """Keep what ``read`` returns while the tables that it reads stay as they are.

    It takes plain values and returns plain values that nobody changes, never rows of a session. It
    reads watched tables only, by statements: what ``Session.get`` finds without asking is not noted.
    A unit of work reads past the memory.

    Raises:
        TypeError: it reads a table that has no token, or by SQL in a text.
    """

    @functools.wraps(read)
    def recall(*args: P.args, **kwargs: P.kwargs) -> T:
        if db.session.info.get("writing"):
            return read(*args, **kwargs)
        tokens, question = once(_tokens, _tokens), (read, args, *sorted(kwargs.items()))
        known = _kept.get(question)
        if known is None or any(tokens[name] != was for name, was in known.tokens.items()):
            with _noting(_read) as tables:
                value = read(*args, **kwargs)
            known = _Answer(_those(tables, tokens), value)
            if len(_kept) >= KEPT_MAX:
                _kept.clear()
            _kept[question] = known
        _note(_read, known.tokens)  # what reads this has read these
        value = known.value
        return value

    return recall


def once(question: Hashable, read: Callable[[], T]) -> T:
    """Return what ``read`` reads, asking once in a reading transaction; a unit of work asks every time."""
    if db.session.info.get("writing"):
        return read()
    answers = _answers()
    if question not in answers:
        if len(answers) >= ONCE_MAX:
            answers.clear()
        answers[question] = read()
    answer: T = answers[question]
    return answer


def asked_before(question: Hashable) -> Any:
    """Return what :func:`once` has found in this reading transaction, ``None`` if it was not asked."""
    return None if db.session.info.get("writing") else _answers().get(question)


def _answers() -> dict[Hashable, Any]:
    session = db.session()
    now = session.get_transaction() or session.begin()
    began: object
    answers: dict[Hashable, Any]
    began, answers = session.info.get("once", (None, {}))
    if began is not now:
        answers = {}
        session.info["once"] = (now, answers)
    return answers


@contextmanager
def stamping() -> Iterator[None]:
    """Give every watched table that the block writes to another token, at its end."""
    with _noting(_written) as tables:
        yield
        db.session.flush()
    exchange(tables & WATCHED)


def exchange(tables: Collection[str]) -> None:
    """Give these tables another token; one after the other, so that two who do it never wait crosswise."""
    for name in sorted(tables):
        mine = TableToken.name == name
        db.session.execute(update(TableToken).where(mine).values(token=token_hex(8)))


def watch(engine: Engine) -> None:
    """Let the statements of an engine be noted."""
    event.listen(engine, "before_execute", _on_statement)


def _on_statement(_connection: Connection, statement: Any, *_rest: Any) -> None:
    if isinstance(statement, UpdateBase):
        table = statement.table
        if isinstance(table, Table):
            _note(_written, (table.name,))
    elif _read.get() is not None:
        if isinstance(statement, TextClause):
            raise TypeError("kept, but read by SQL in a text: nothing tells its tables")
        _note(_read, (part.name for part in iterate(statement) if isinstance(part, Table)))


@contextmanager
def _noting(notes: ContextVar[set[str] | None]) -> Iterator[set[str]]:
    tables: set[str] = set()
    outer = notes.set(tables)
    try:
        yield tables
    finally:
        notes.reset(outer)


def _note(notes: ContextVar[set[str] | None], tables: Iterable[str]) -> None:
    noted = notes.get()
    if noted is not None:
        noted.update(tables)


def _tokens() -> Mapping[str, str]:
    """Return the tokens of all watched tables."""
    query = select(TableToken.name, TableToken.token)
    return {name: token for name, token in db.session.execute(query)}  # noqa: C416


def _those(tables: set[str], tokens: Mapping[str, str]) -> Mapping[str, str]:
    unwatched = tables - WATCHED
    if unwatched:
        raise TypeError(f"kept, but read from tables without a token: {sorted(unwatched)}")
    return {name: tokens[name] for name in tables}
