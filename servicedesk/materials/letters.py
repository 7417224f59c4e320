"""Letters of authorization (授权委托书): drawing up, signing, revoking; originals in and out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, update

from servicedesk.accounts.actions import confirm_password
from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding
from servicedesk.audit.actions import record
from servicedesk.catalogue.queries import items
from servicedesk.clock import clock
from servicedesk.core.authorization import Letter, refusal_of_terms
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import Actor, Role, Subject, allows
from servicedesk.core.words import N_
from servicedesk.enterprises.models import Enterprise
from servicedesk.enterprises.queries import owners
from servicedesk.errors import Conflict, Refused
from servicedesk.extensions import db
from servicedesk.materials.actions import letter_came
from servicedesk.materials.folder import FORBIDDEN
from servicedesk.materials.models import Authorization, Original
from servicedesk.materials.queries import today
from servicedesk.notifications.actions import tell
from servicedesk.tickets.models import Upload
from servicedesk.tickets.uploads import put_into_folder
from servicedesk.transaction import changed_rows, unit_of_work

AGENTS = (Role.DESK, Role.DESK_HEAD)
COPIES_MAX = 99
PORTAL, DESK = "/portal/letters/", "/desk/letters/"  # where notices lead
STATEMENT = N_(
    "本人代表本企业确认：已阅读委托书全文，委托事项、权限和期限属实；申请材料的真实性由本企业负责；"
    "受托人只递交、补正和领取，不代为签字或承诺。本企业可随时撤销本委托。"
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a letter says; both days are included."""

    agent_id: int
    items: Collection[str]
    powers: Collection[str]
    starts_on: date
    ends_on: date


@unit_of_work
def prepare(actor: Actor, enterprise_id: int, terms: Terms) -> Authorization:
    """Draw a letter up; it allows nothing until it is signed.

    Raises:
        Refused: not permitted, the agent is not of the desk, or terms that cannot be.
    """
    enterprise = db.session.get_one(Enterprise, enterprise_id)
    _insist(actor, "authorization.prepare", enterprise)
    _check(enterprise, terms)
    now = clock.now()
    letter = Authorization(
        number=new_token(), enterprise_id=enterprise_id, agent_id=terms.agent_id,
        item_codes=sorted(terms.items), powers=sorted(terms.powers),
        starts_on=terms.starts_on, ends_on=terms.ends_on,
        prepared_by_id=actor.user_id, prepared_at=now,
    )  # fmt: skip
    db.session.add(letter)
    db.session.flush()  # the number is made of the row's
    letter.number = f"WT{today(enterprise.park_id):%Y%m%d}-{letter.id:05d}"
    db.session.flush()
    record(actor, "letter.prepare", "letter", letter.id, after=_told(letter))
    told = N_("有一份授权委托书等待签署，签署后我们才能代办。")
    people = [one for one in owners(enterprise_id) if one.id != actor.user_id]
    tell(
        people, told, key=f"letter:{letter.id}:prepared", detail=letter.number,
        link=f"{PORTAL}{letter.id}", enterprise_id=enterprise_id,
    )  # fmt: skip
    return letter


def _check(enterprise: Enterprise, terms: Terms) -> None:
    agents = {one.id for role in AGENTS for one in holding(enterprise.park_id, role)}
    if terms.agent_id not in agents:
        raise Refused(N_("请选择服务台的帮代办专员。"), field="agent_id")
    known = [item.code for item in items(enterprise.park_id) if item.authorization != "none"]
    letter = Letter(frozenset(terms.items), frozenset(terms.powers), terms.starts_on, terms.ends_on)
    if refused := refusal_of_terms(letter, known, today(enterprise.park_id)):
        raise Refused(refused[1], field=refused[0])


def _told(letter: Authorization) -> Mapping[str, Any]:
    return {
        "number": letter.number,
        "items": letter.item_codes,
        "powers": letter.powers,
        "from": letter.starts_on.isoformat(),
        "to": letter.ends_on.isoformat(),
    }


def _insist(actor: Actor, permission: str, enterprise: Enterprise) -> None:
    if not allows(actor, permission, Subject(enterprise.park_id, enterprise.id)):
        raise Refused(FORBIDDEN, kind="permission")


def sign(actor: Actor, letter_id: int, password: str, seen: int) -> Authorization:
    """Sign as the enterprise's owner: the typed password stands for the signature, the words are kept.

    Raises:
        Refused: not permitted, a wrong password, or not to be signed any more.
        Conflict: the letter has changed since ``seen``.
    """
    row = db.session.get_one(Authorization, letter_id)
    _insist(actor, "authorization.sign", db.session.get_one(Enterprise, row.enterprise_id))
    confirm_password(actor, password, N_("密码不正确，没有签署。"), "password")
    return _sign(actor, letter_id, seen)


@unit_of_work
def _sign(actor: Actor, letter_id: int, seen: int) -> Authorization:
    letter = _locked(letter_id, seen)
    _insist(actor, "authorization.sign", db.session.get_one(Enterprise, letter.enterprise_id))
    letter.statement = STATEMENT
    _note_signature(actor, letter, "password", actor.name)
    return letter


@unit_of_work
def record_signed(
    actor: Actor, letter_id: int, signer: str, tokens: Sequence[str], seen: int
) -> Authorization:
    """Note that the letter was signed on paper; the scan of the signed sheet is kept with it.

    Raises:
        Refused: not permitted, no name, not exactly one scan, or not to be signed any more.
        Conflict: the letter has changed since ``seen``.
    """
    letter = _locked(letter_id, seen)
    _insist(
        actor, "authorization.record_signed", db.session.get_one(Enterprise, letter.enterprise_id)
    )
    if not signer.strip():
        raise Refused(N_("请填写签字人。"), field="signer")
    if len(tokens) != 1:
        raise Refused(N_("请上传一份签字盖章页的扫描件。"), field="files")
    put_into_folder(actor, letter.enterprise_id, tokens)
    letter.scan_id = db.session.scalar(select(Upload.id).where(Upload.token == tokens[0]))
    _note_signature(actor, letter, "paper", signer.strip())
    return letter


def _note_signature(actor: Actor, letter: Authorization, how: str, signer: str) -> None:
    enterprise = db.session.get_one(Enterprise, letter.enterprise_id)
    if letter.signed_at is not None or letter.revoked_at is not None:
        raise Refused(N_("这份委托书已经签署或撤销。"))
    if letter.ends_on < today(enterprise.park_id):
        raise Refused(N_("这份委托书的期限已过，请重新起草。"))
    letter.signed_at, letter.signed_by_id = clock.now(), actor.user_id
    letter.signed_how, letter.signer = how, signer
    letter_came(letter)
    record(actor, "letter.sign", "letter", letter.id, after={**_told(letter), "how": how})
    told = N_("授权委托书已签署，可以代办。")
    _tell_agent(letter, told, f"letter:{letter.id}:signed", actor, enterprise.name)


@unit_of_work
def revoke(actor: Actor, letter_id: int, reason: str, seen: int) -> Authorization:
    """Revoke a letter at any time; from now on nothing may be done under it.

    The owner revokes; the desk notes a revocation on paper of what was signed on paper; a draft may
    be dropped by whoever may draw one up.

    Raises:
        Refused: not permitted, no reason, or revoked already.
        Conflict: the letter has changed since ``seen``.
    """
    letter = _locked(letter_id, seen)
    enterprise = db.session.get_one(Enterprise, letter.enterprise_id)
    _insist(actor, permission_to_revoke(actor, letter), enterprise)
    if not reason.strip():
        raise Refused(N_("请写明撤销的原因。"), field="reason")
    if letter.revoked_at is not None:
        raise Refused(N_("这份委托书已经撤销。"))
    letter.revoked_at, letter.revoked_by_id = clock.now(), actor.user_id
    letter.revoke_reason = reason.strip()
    record(actor, "letter.revoke", "letter", letter.id, after={"reason": letter.revoke_reason})
    told = N_("授权委托书已撤销，请停止代办并退还原件。")
    _tell_agent(letter, told, f"letter:{letter.id}:revoked", actor, enterprise.name)
    return letter


def permission_to_revoke(actor: Actor, letter: Authorization) -> str:
    """Return what the person needs in order to revoke this letter."""
    if letter.signed_at is None:
        return "authorization.prepare"
    if letter.signed_how == "paper" and actor.role is not Role.REQUESTER:
        return "authorization.record_signed"
    return "authorization.revoke"


def _tell_agent(letter: Authorization, told: str, key: str, actor: Actor, name: str) -> None:
    people = [db.session.get_one(User, letter.agent_id)]
    detail = f"{letter.number} {name}"
    others = [one for one in people if one.id != actor.user_id]
    tell(others, told, key=key, detail=detail, link=f"{DESK}{letter.id}")


def _locked(letter_id: int, seen: int) -> Authorization:
    letter = db.session.get_one(
        Authorization, letter_id, with_for_update=True, populate_existing=True
    )
    if letter.version != seen:
        raise Conflict(seen, letter.version)
    return letter


# The hand-over list ------------------------------------------------------------------------------


@unit_of_work
def receive_original(
    actor: Actor, letter_id: int, name: str, copies: int, handed_by: str
) -> Original:
    """Note that the park took over an original for acting under the letter.

    Raises:
        Refused: not permitted, nothing named, or the letter holds no more.
    """
    letter = db.session.get_one(Authorization, letter_id)
    enterprise = db.session.get_one(Enterprise, letter.enterprise_id)
    _insist(actor, "authorization.originals", enterprise)
    if letter.signed_at is None or letter.revoked_at is not None:
        raise Refused(N_("委托书签署之后、撤销之前才能接收原件。"))
    if not name.strip() or not handed_by.strip() or not 1 <= copies <= COPIES_MAX:
        raise Refused(N_("请填写原件名称、份数（1至99）和移交人。"), field="name")
    original = Original(
        letter_id=letter_id, name=name.strip(), copies=copies, handed_by=handed_by.strip(),
        received_at=clock.now(), received_by_id=actor.user_id,
    )  # fmt: skip
    db.session.add(original)
    db.session.flush()
    after = {"letter": letter.number, "name": original.name, "copies": copies}
    record(actor, "original.receive", "original", original.id, after=after)
    return original


@unit_of_work
def return_original(actor: Actor, original_id: int, taken_by: str) -> None:
    """Note that an original went back, to whom; once.

    Raises:
        Refused: not permitted, nobody named, or returned already.
    """
    original = db.session.get_one(Original, original_id)
    letter = db.session.get_one(Authorization, original.letter_id)
    enterprise = db.session.get_one(Enterprise, letter.enterprise_id)
    _insist(actor, "authorization.originals", enterprise)
    if not taken_by.strip():
        raise Refused(N_("请填写领回人。"), field="taken_by")
    held = update(Original).where(Original.id == original_id, Original.returned_at.is_(None))
    values = {
        "returned_at": clock.now(),
        "returned_by_id": actor.user_id,
        "taken_by": taken_by.strip(),
    }
    if changed_rows(held.values(values)) != 1:
        raise Refused(N_("这件原件已经退还。"))
    record(actor, "original.return", "original", original_id, after={"taken_by": taken_by.strip()})
