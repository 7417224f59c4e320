"""What each person has chosen (个人设置): one row for each person and key."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from servicedesk.extensions import db
from servicedesk.transaction import unit_of_work
from servicedesk.workbench.models import Preference


def preferences(user_id: int, *keys: str) -> dict[str, Mapping[str, Any]]:
    """Return what the person has chosen under ``keys``, in one statement."""
    query = select(Preference.key, Preference.value).where(
        Preference.user_id == user_id, Preference.key.in_(keys)
    )
    return {row.key: row.value for row in db.session.execute(query)}


def prefer(user_id: int, key: str, value: Mapping[str, Any]) -> None:
    """Keep a choice; the last one counts."""
    try:
        _prefer(user_id, key, value)
    except IntegrityError:  # the same person in another window was first
        _prefer(user_id, key, value)


@unit_of_work
def _prefer(user_id: int, key: str, value: Mapping[str, Any]) -> None:
    mine = select(Preference).where(Preference.user_id == user_id, Preference.key == key)
    kept = db.session.scalar(mine.with_for_update())
    if kept is None:
        kept = Preference(user_id=user_id, key=key, value={})
        db.session.add(kept)
    kept.value = dict(value)
