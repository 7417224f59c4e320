"""Files on their way (附件): a person's own until a ticket or an enterprise's folder takes them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func, select, update

from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.tickets.files import ORPHANS_LIVE, StoredFile
from servicedesk.tickets.models import Ticket, TicketEvent, Upload
from servicedesk.transaction import changed_rows, unit_of_work

LOOSE_FILES_MAX = 60


def is_loose() -> tuple[ColumnElement[bool], ...]:
    """The condition of a file that neither a ticket nor a folder nor an event has taken yet."""
    return (
        Upload.ticket_id.is_(None),
        Upload.enterprise_id.is_(None),
        Upload.training_event_id.is_(None),
    )


@unit_of_work
def add_upload(actor: Actor, file: StoredFile) -> Upload:
    """Keep a stored file as the person's own until a ticket takes it.

    Raises:
        Refused: the person has too many files that no ticket has taken yet.
    """
    loose = select(func.count(Upload.id)).where(Upload.owner_id == actor.user_id, *is_loose())
    if (db.session.scalar(loose) or 0) >= LOOSE_FILES_MAX:
        raise Refused(N_("未提交的附件太多，请先提交或明天再传。"), field="files")
    upload = Upload(
        token=new_token(), owner_id=actor.user_id, name=file.name, media_type=file.media_type,
        size=file.size, sha256=file.sha256, stored_as=file.stored_as, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(upload)
    db.session.flush()
    return upload


def take_uploads(actor: Actor, ticket: Ticket, event: TicketEvent, tokens: Sequence[str]) -> None:
    """Give the person's loose files to a ticket, at one line of its timeline.

    Raises:
        Refused: one of them is gone, or not the person's own.
    """
    _take(actor, tokens, ticket_id=ticket.id, event_id=event.id)


def put_into_folder(actor: Actor, enterprise_id: int, tokens: Sequence[str]) -> None:
    """Give the person's loose files to an enterprise's folder (材料库).

    Raises:
        Refused: one of them is gone, or not the person's own.
    """
    _take(actor, tokens, enterprise_id=enterprise_id)


def give_to_event(actor: Actor, training_event_id: int, tokens: Sequence[str]) -> None:
    """Make the person's loose files material of a training event (活动资料).

    Raises:
        Refused: one of them is gone, or not the person's own.
    """
    _take(actor, tokens, training_event_id=training_event_id)


def keep_in_folder(enterprise_id: int, upload_ids: Sequence[int]) -> None:
    """Let files that a ticket has lie in the enterprise's folder, too, in the caller's transaction."""
    chosen = update(Upload).where(Upload.id.in_(upload_ids)).values(enterprise_id=enterprise_id)
    db.session.execute(chosen)


def _take(actor: Actor, tokens: Sequence[str], **owner: int) -> None:
    if not tokens:
        return
    mine = (
        update(Upload)
        .where(Upload.token.in_(list(tokens)), Upload.owner_id == actor.user_id, *is_loose())
        .values(**owner)
    )
    if changed_rows(mine) != len(set(tokens)):
        raise Refused(N_("有附件已失效，请重新上传。"), field="files")


@unit_of_work
def forget_uploads() -> int:
    """Delete the rows of files that nobody took within a day; returns how many."""
    old = delete(Upload).where(*is_loose(), Upload.created_at < clock.now() - ORPHANS_LIVE)
    return changed_rows(old)
