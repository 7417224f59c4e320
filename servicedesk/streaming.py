"""Reading without end (流式读取): however many rows a list has, a thousand of them are in memory.

An export is written from :func:`streamed` rows. What belongs to them and lies in other tables is
looked up for a whole chunk (:func:`in_chunks`), never row by row.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar, TypeVarTuple

from sqlalchemy import Row, Select

from servicedesk.extensions import db

T = TypeVar("T")
Columns = TypeVarTuple("Columns")

CHUNK = 1000


def streamed(query: Select[*Columns]) -> Iterator[Row[*Columns]]:
    """Yield all rows of ``query`` from one cursor that stays in the database."""
    yield from db.session.execute(query.execution_options(yield_per=CHUNK))


def in_chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    """Yield the rows again, a thousand at a time."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
