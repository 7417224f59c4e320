"""What a person has begun to write on a ticket (草稿): kept on the server, seen by nobody else."""

import re
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete

from servicedesk.clock import clock
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.tickets.parts import parts_of
from servicedesk.transaction import changed_rows, unit_of_work
from servicedesk.workbench.models import Draft
from servicedesk.workbench.upsert import put

LIVES = timedelta(days=30)
TEXT_MAX = 4000
FIELDS_MAX = 80
ALL_MAX = 20_000
_FIELD = re.compile(r"[A-Za-z0-9_-]{1,80}")


@unit_of_work
def save_draft(user_id: int, ticket_id: int, form: str, fields: Mapping[str, str]) -> bool:
    """Keep what stands in a form; true while there is something worth keeping.

    Raises:
        Refused: it is too much for a form of ours.
    """
    whole = sum(map(len, fields.values()))
    if (
        len(fields) > FIELDS_MAX
        or whole > ALL_MAX
        or any(len(text) > TEXT_MAX for text in fields.values())
        or not all(_FIELD.fullmatch(name) for name in fields)
    ):
        raise Refused(N_("内容太长，草稿没有保存。"))
    if not any(text.strip() for text in fields.values()):
        discard_draft(user_id, ticket_id, form)
        return False
    keys = {"user_id": user_id, "ticket_id": ticket_id, "form": form}
    put(Draft, keys, {"body": dict(fields), "updated_at": clock.now()})
    return True


@unit_of_work
def discard_draft(user_id: int, ticket_id: int, form: str) -> None:
    """Delete a draft: its form was sent, or the person does not want it any more."""
    db.session.execute(
        delete(Draft).where(
            Draft.user_id == user_id, Draft.ticket_id == ticket_id, Draft.form == form
        )
    )


def drafts_of(user_id: int | None, ticket_id: int) -> dict[str, Draft]:
    """Return the person's own drafts on a ticket, by the names of their forms."""
    return {draft.form: draft for draft in parts_of(Draft, ticket_id) if draft.user_id == user_id}


@unit_of_work
def forget_drafts() -> int:
    """Delete what nobody has gone on with for a month; returns how many."""
    return changed_rows(delete(Draft).where(Draft.updated_at < clock.now() - LIVES))
