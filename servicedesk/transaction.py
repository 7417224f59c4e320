"""The unit of work (事务): one function, one transaction, all of it or nothing.

Actions are wrapped in ``unit_of_work``. Nested actions join the outer one. Nothing can be written
outside: the session's other transactions are read-only.
"""

import functools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import CursorResult, UpdateBase
from sqlalchemy.exc import DBAPIError

from servicedesk.extensions import db
from servicedesk.unchanged import stamping

P = ParamSpec("P")
T = TypeVar("T")

_remembered: list[dict[Any, Any]] = []

ATTEMPTS = 5
_RETRY_PG = {"40001", "40P01"}  # serialization failure, deadlock


@contextmanager
def writing() -> Iterator[None]:
    """Run the block in one write transaction, or in the one that is already open."""
    if db.session.info.get("writing"):
        yield
        return
    db.session.rollback()  # ends the read-only transaction
    db.session.expire_all()  # what was loaded is read afresh
    db.session.info["writing"] = True
    try:
        with stamping():
            yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        forget()
        raise
    finally:
        db.session.info.pop("writing", None)


def remembered() -> dict[Any, Any]:
    """Return what a process may keep of rows that never change once they are committed.

    It is emptied when a unit of work fails: a version that was rolled back may come again, different.
    """
    kept: dict[Any, Any] = {}
    _remembered.append(kept)
    return kept


def forget() -> None:
    """Empty everything that this process remembers of the database."""
    for kept in _remembered:
        kept.clear()


def unit_of_work(function: Callable[P, T]) -> Callable[P, T]:
    """Make ``function`` one transaction; a deadlock or a busy database runs it again, afresh."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if db.session.info.get("writing"):
            return function(*args, **kwargs)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with writing():
                    return function(*args, **kwargs)
            except DBAPIError as error:
                if attempt == ATTEMPTS or not _worth_retrying(error):
                    raise
                time.sleep(random.uniform(0.02, 0.1) * attempt)
        raise AssertionError("unreachable")

    return run


def _worth_retrying(error: DBAPIError) -> bool:
    if getattr(error.orig, "sqlstate", None) in _RETRY_PG:
        return True
    return "database is locked" in str(error.orig)


def changed_rows(statement: UpdateBase) -> int:
    """Run an UPDATE or DELETE and return how many rows it changed: the claim of rule C5."""
    result = db.session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount
