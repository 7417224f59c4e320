"""The people of an enterprise: changing a part, removing, leaving, revoking an invitation.

Each locks the enterprise's row first and reads the parts afterwards, so that two owners who act at
the same time act one after the other, and a file never loses its last owner.
"""

from collections.abc import Iterable

from sqlalchemy import Update, delete, select, update

from servicedesk.accounts.models import User
from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.core.members import owners_of, refusal_of_change, refusal_of_leaving
from servicedesk.core.permissions import Actor, Part
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise, Invitation, Membership
from servicedesk.enterprises.queries import parts_of
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.transaction import changed_rows, unit_of_work

NOT_PERMITTED = N_("只有企业管理员可以管理成员。")


@unit_of_work
def change_part(
    actor: Actor, enterprise_id: int, user_id: int, part: Part, seen: str | None = None
) -> None:
    """Give a member another part; ``seen`` is the part that the owner's page showed.

    Raises:
        Refused: the person is no owner, the other no member, the part has changed since, or nobody
            would own the file any more.
    """
    _insist_on_owner(actor, enterprise_id)
    parts = _locked_parts(enterprise_id)
    if seen and user_id in parts and parts[user_id] != seen:
        raise Refused(N_("别人刚刚改过此人的身份，请看过再改。"), kind="conflict")
    _raise(refusal_of_change(parts, actor.user_id or 0, user_id, part))
    before = parts[user_id]
    if before is part:
        return
    db.session.execute(
        update(Membership)
        .where(Membership.enterprise_id == enterprise_id, Membership.user_id == user_id)
        .values(part=part)
    )
    if before is Part.OWNER:
        _revoke_invitations_of(enterprise_id, user_id)
    record(
        actor, "enterprise.change_part", "enterprise", enterprise_id,
        {"user_id": user_id, "part": before}, {"user_id": user_id, "part": part},
    )  # fmt: skip
    _tell(actor, enterprise_id, [user_id], N_("您在企业中的身份已改变。"))
    _tell_owners(actor, enterprise_id, user_id, N_("企业成员的身份已改变。"))


@unit_of_work
def remove_member(actor: Actor, enterprise_id: int, user_id: int) -> None:
    """Take a person out of an enterprise; it counts from the person's next page on.

    Raises:
        Refused: as ``change_part``.
    """
    _insist_on_owner(actor, enterprise_id)
    parts = _locked_parts(enterprise_id)
    _raise(refusal_of_change(parts, actor.user_id or 0, user_id, None))
    _take_out(enterprise_id, user_id)
    before = {"user_id": user_id, "part": parts[user_id]}
    record(actor, "enterprise.remove_member", "enterprise", enterprise_id, before)
    name = db.session.get_one(Enterprise, enterprise_id).name
    told = N_("您已被移出企业，不能再为它办事。")  # and can choose it no more: no enterprise_id
    tell([db.session.get_one(User, user_id)], told, key=_new_key(), detail=name)
    _tell_owners(actor, enterprise_id, user_id, N_("有成员被移出企业。"))


@unit_of_work
def leave(actor: Actor, enterprise_id: int) -> None:
    """Leave an enterprise (退出); the last owner hands it over first.

    Raises:
        Refused: the person is no member, or the last owner.
    """
    person = actor.user_id or 0
    parts = _locked_parts(enterprise_id)
    _raise(refusal_of_leaving(parts, person))
    _take_out(enterprise_id, person)
    before = {"user_id": person, "part": parts[person]}
    record(actor, "enterprise.leave", "enterprise", enterprise_id, before)
    _tell_owners(actor, enterprise_id, person, N_("有成员退出了企业。"))


@unit_of_work
def revoke_invitation(actor: Actor, enterprise_id: int, invitation_id: int) -> None:
    """Make an unused invitation worth nothing.

    Raises:
        Refused: not permitted, or it has been used or revoked already.
    """
    _insist_on_owner(actor, enterprise_id)
    if changed_rows(_revoking(enterprise_id).where(Invitation.id == invitation_id)) != 1:
        raise Refused(N_("这份邀请已被使用或撤销。"))
    record(actor, "enterprise.revoke_invitation", "invitation", invitation_id)


def _insist_on_owner(actor: Actor, enterprise_id: int) -> None:
    if enterprise_id not in actor.enterprises_with("enterprise.members"):
        raise Refused(NOT_PERMITTED, kind="permission")


def _locked_parts(enterprise_id: int) -> dict[int, Part]:
    """Return the parts as they are once everybody else who changes them has finished."""
    query = select(Enterprise.id).where(Enterprise.id == enterprise_id)
    db.session.execute(query.with_for_update(key_share=True))
    return parts_of(enterprise_id)


def _raise(refusal: str | None) -> None:
    if refusal:
        raise Refused(refusal)


def _take_out(enterprise_id: int, user_id: int) -> None:
    """An owner's open invitations go with the owner: nobody returns by a link of one's own."""
    db.session.execute(
        delete(Membership).where(
            Membership.enterprise_id == enterprise_id, Membership.user_id == user_id
        )
    )
    _revoke_invitations_of(enterprise_id, user_id)


def _revoke_invitations_of(enterprise_id: int, user_id: int) -> None:
    db.session.execute(_revoking(enterprise_id).where(Invitation.created_by_id == user_id))


def _revoking(enterprise_id: int) -> Update:
    return (
        update(Invitation)
        .where(
            Invitation.enterprise_id == enterprise_id,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=clock.now())
    )


def _tell_owners(actor: Actor, enterprise_id: int, about: int, text: str) -> None:
    owners = owners_of(parts_of(enterprise_id)) - {about}
    _tell(actor, enterprise_id, owners, text, db.session.get_one(User, about).name)


def _tell(
    actor: Actor, enterprise_id: int, people: Iterable[int], text: str, detail: str = ""
) -> None:
    told = [db.session.get_one(User, one) for one in sorted(people) if one != actor.user_id]
    tell(
        told, text, key=_new_key(), detail=detail, enterprise_id=enterprise_id,
        link="/portal/members",
    )  # fmt: skip


def _new_key() -> str:
    """Changes of members have no number of their own; each happens once."""
    return f"member:{new_token()[:24]}"
