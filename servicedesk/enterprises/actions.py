"""Enterprises: registering, inviting colleagues, joining, confirming a doubtful code."""

import hashlib
from datetime import timedelta

from sqlalchemy import func, select, update

from servicedesk.accounts.actions import create_user
from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding
from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.enterprises import search_text
from servicedesk.core.identifiers import credit_code, new_token
from servicedesk.core.permissions import Actor, Part, Role, Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise, Invitation, Membership
from servicedesk.enterprises.queries import open_invitations, owners, parts_of
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.notifications.queries import known_keys
from servicedesk.transaction import changed_rows, unit_of_work

INVITATION_LASTS = timedelta(hours=72)
INVITATIONS_MAX = 20  # unused ones of an enterprise
INVITATION_GONE = N_("邀请链接已失效，请向企业管理员重新索取。")
ASKED_A_DAY = 3


class AlreadyRegistered(Refused):
    """The code has a file already; ``enterprise_id`` is whose."""

    def __init__(self, enterprise_id: int) -> None:
        reason = N_("该统一社会信用代码已建档，请向本企业管理员索取邀请链接加入。")
        super().__init__(reason, field="credit_code")
        self.enterprise_id = enterprise_id


class DoubtfulCode(Refused):
    """The check digit is wrong; the person may confirm the code for review by the desk."""


@unit_of_work
def create_enterprise(
    actor: Actor,
    *,
    name: str,
    code: str | None,
    confirmed: bool = False,
    legal_representative: str = "",
    industry: str = "",
    address: str = "",
    contact: str = "",
    phone: str = "",
) -> Enterprise:
    """Open the file of an enterprise; without a code it is provisional (筹建).

    Raises:
        AlreadyRegistered: the code has a file.
        DoubtfulCode: the check digit fails and nobody has confirmed the code.
        Refused: the code has a wrong length or wrong characters.
    """
    value, standing = _checked(code, confirmed)
    if value is not None:
        _refuse_second_file(actor.park_id, value)
    enterprise = Enterprise(
        park_id=actor.park_id, name=name, credit_code=value, standing=standing,
        legal_representative=legal_representative, industry=industry, address=address,
        contact=contact, phone=phone, search_text=search_text(name), created_at=clock.now(),
    )  # fmt: skip
    db.session.add(enterprise)
    db.session.flush()
    after = {"name": name, "credit_code": value, "standing": standing}
    record(actor, "enterprise.create", "enterprise", enterprise.id, after=after)
    return enterprise


def _checked(code: str | None, confirmed: bool) -> tuple[str | None, str]:
    if not code:
        return None, "preparing"
    checked = credit_code(code)
    if not checked.usable:
        raise Refused(checked.doubt or "", field="credit_code")
    if checked.doubt is None:
        return checked.value, "confirmed"
    if not confirmed:
        raise DoubtfulCode(checked.doubt, field="credit_code")
    return checked.value, "review"


def _refuse_second_file(park_id: int, code: str) -> None:
    found = db.session.scalar(
        select(func.coalesce(Enterprise.merged_into_id, Enterprise.id)).where(
            Enterprise.park_id == park_id, Enterprise.credit_code == code
        )
    )
    if found is not None:
        raise AlreadyRegistered(found)


@unit_of_work
def register(
    park_id: int,
    *,
    name: str,
    code: str | None,
    confirmed: bool,
    person: str,
    phone: str,
    email: str,
    login: str,
    password_hash: str,
    address: str = "",
    language: str = "zh",
) -> User:
    """Open an enterprise's file and the account of its first person, who owns it.

    Raises:
        Refused: as ``create_enterprise`` and ``create_user``.
    """
    stranger = Actor(None, Role.REQUESTER, park_id, person)
    enterprise = create_enterprise(
        stranger, name=name, code=code, confirmed=confirmed, address=address,
        contact=person, phone=phone,
    )  # fmt: skip
    if enterprise.standing == "confirmed":
        enterprise.standing = "new"  # the code is well formed; whose it is, the desk will see
    user = create_user(
        stranger, login=login, name=person, role=Role.REQUESTER, password_hash=password_hash,
        park_id=park_id, phone=phone, email=email, language=language,
    )  # fmt: skip
    join(user.id, enterprise.id, "owner")
    return user


@unit_of_work
def join(user_id: int, enterprise_id: int, part: str) -> None:
    """Make a person act for an enterprise; a second time changes nothing."""
    known = select(Membership.id).where(
        Membership.user_id == user_id, Membership.enterprise_id == enterprise_id
    )
    if db.session.scalar(known) is None:
        db.session.add(
            Membership(
                user_id=user_id, enterprise_id=enterprise_id, part=part, created_at=clock.now()
            )
        )


@unit_of_work
def invite(actor: Actor, enterprise_id: int, part: Part = Part.CLERK, invitee: str = "") -> str:
    """Return a token with which one colleague may join within 72 hours; only owners invite.

    Raises:
        Refused: the person does not own the enterprise's file, or too many invitations are open.
    """
    if enterprise_id not in actor.enterprises_with("enterprise.invite"):
        raise Refused(N_("只有企业管理员可以邀请同事。"), kind="permission")
    if len(open_invitations(enterprise_id, clock.now())) >= INVITATIONS_MAX:
        raise Refused(N_("未使用的邀请太多，请先撤销不再需要的邀请。"))
    return _invitation(actor, enterprise_id, part, invitee)


@unit_of_work
def invite_owner(actor: Actor, enterprise_id: int) -> str:
    """Return a token with which the first person of a file that the desk opened becomes its owner.

    Raises:
        Refused: not permitted, or the file has an owner already, who alone may invite.
    """
    enterprise = db.session.get_one(Enterprise, enterprise_id)
    if not allows(actor, "enterprise.verify", Subject(enterprise.park_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    if owners(enterprise_id):
        raise Refused(N_("该企业已有管理员，请由管理员邀请同事。"))
    return _invitation(actor, enterprise_id, Part.OWNER)


def _invitation(actor: Actor, enterprise_id: int, part: Part, invitee: str = "") -> str:
    token, now = new_token(), clock.now()
    invitation = Invitation(
        enterprise_id=enterprise_id, token_hash=_hash(token), part=part, invitee=invitee,
        created_by_id=actor.user_id, created_at=now, expires_at=now + INVITATION_LASTS,
    )  # fmt: skip
    db.session.add(invitation)
    after = {"part": part, "invitee": invitee}
    record(actor, "enterprise.invite", "enterprise", enterprise_id, after=after)
    return token


def find_invitation(token: str) -> Invitation | None:
    """Return the invitation if it is unused, not revoked and in time; blank tokens never match."""
    if not token.strip():
        return None
    return db.session.scalar(
        select(Invitation).where(
            Invitation.token_hash == _hash(token),
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
    )


@unit_of_work
def accept_invitation(user_id: int, token: str) -> int:
    """Use the invitation up and join; returns the enterprise.

    Raises:
        Refused: it does not exist, was used or revoked, or is too old; the account is one of the
            staff, or the person acts for the enterprise already (the invitation stays open then).
    """
    invitation, person = find_invitation(token), db.session.get_one(User, user_id)
    if invitation is None:
        raise Refused(INVITATION_GONE)
    if person.role_enum is not Role.REQUESTER:
        raise Refused(N_("工作人员账号不能加入企业，请用企业用户账号。"), kind="permission")
    if user_id in parts_of(invitation.enterprise_id):
        raise Refused(N_("您已是这家企业的成员，不需要再加入。"))
    used = update(Invitation).where(
        Invitation.id == invitation.id,
        Invitation.used_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    if changed_rows(used.values(used_at=clock.now(), used_by_id=user_id)) != 1:
        raise Refused(INVITATION_GONE)
    told = owners(invitation.enterprise_id)
    join(user_id, invitation.enterprise_id, invitation.part)
    actor = Actor(person.id, person.role_enum, person.park_id, person.name)
    record(
        actor, "enterprise.join", "enterprise", invitation.enterprise_id,
        after={"part": invitation.part},
    )  # fmt: skip
    tell(
        told, N_("有同事接受邀请，加入了企业。"), key=f"invitation:{invitation.id}",
        detail=person.name, enterprise_id=invitation.enterprise_id, link="/portal/members",
    )  # fmt: skip
    return invitation.enterprise_id


@unit_of_work
def join_as_new(
    park_id: int,
    token: str,
    *,
    person: str,
    phone: str,
    email: str,
    login: str,
    password_hash: str,
    language: str,
) -> User:
    """Make an account and accept the invitation with it, in one transaction.

    Raises:
        Refused: as ``create_user`` and ``accept_invitation``.
    """
    user = create_user(
        Actor(None, Role.REQUESTER, park_id, person), login=login, name=person,
        role=Role.REQUESTER, password_hash=password_hash, park_id=park_id,
        phone=phone, email=email, language=language,
    )  # fmt: skip
    accept_invitation(user.id, token)
    return user


@unit_of_work
def ask_to_join(enterprise_id: int, person: str, phone: str) -> None:
    """Tell the owners of a file, or the desk where it has none, that somebody wants to join.

    At most three times a day for one enterprise, and without the stranger's own words: the form is
    open to everybody.
    """
    enterprise = db.session.get_one(Enterprise, enterprise_id)
    people = owners(enterprise_id) or holding(enterprise.park_id, Role.DESK)
    day = f"join:{enterprise_id}:{clock.now():%Y%m%d}"
    keys = {
        f"{day}:{number}": f"{day}:{number}:{p.id}"
        for p in people[:1]
        for number in range(ASKED_A_DAY)
    }
    told = known_keys(keys.values())
    free = [key for key, known in keys.items() if known not in told]
    if free:
        text = N_("有人申请加入企业，请核实身份后发送邀请链接。")
        tell(people, text, key=free[0], detail=f"{enterprise.name} {person[:1]}* {phone}")


@unit_of_work
def confirm_code(actor: Actor, enterprise_id: int) -> None:
    """The desk has seen the licence: the doubtful code stands.

    Raises:
        Refused: not permitted, or nothing to confirm.
    """
    enterprise = db.session.get_one(Enterprise, enterprise_id)
    if not allows(actor, "enterprise.verify", Subject(enterprise.park_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")
    if enterprise.standing not in ("review", "new"):
        raise Refused(N_("该企业代码无需核实。"))
    enterprise.standing = "confirmed"
    enterprise.version += 1
    record(actor, "enterprise.confirm_code", "enterprise", enterprise_id)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
