"""Reading policies, matches and declarations; what the statistics count."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import ColumnElement, func, select

from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.conditions import Finding, Status, Verdict, finding_from_json
from servicedesk.core.declarations import (
    RECOGNISED,
    Facts,
    PolicyState,
    State,
    Step,
    Window,
    available,
    window,
)
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import BEFORE_RESOLUTION
from servicedesk.declarations.models import Declaration, DeclarationEvent, Policy, PolicyMatch
from servicedesk.declarations.profiles import file_of, files, today, verdicts
from servicedesk.enterprises.history import Happening
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.organisation.queries import unit_by_code
from servicedesk.tickets.models import Ticket

NOON = time(12, 0)

# --- policies --------------------------------------------------------------------------------


def policy(actor: Actor, policy_id: int) -> Policy | None:
    """Return a policy for staff, or ``None`` where it is another park's."""
    found = db.session.get(Policy, policy_id)
    if found is None or not allows(actor, "policy.view", Subject(found.park_id)):
        return None
    return found


def unit_id_of(policy: Policy) -> int | None:
    """Return the row number of the unit that recommends."""
    unit = unit_by_code(policy.park_id, policy.unit_code)
    return unit.id if unit else None


def window_of(policy: Policy) -> Window:
    """Return where today lies against the policy's window."""
    return window(policy.opens_on, policy.closes_on, today(policy.park_id))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a policy would find among today's files, before it is published."""

    met: int
    missed_one: int
    unknown: int
    further: int
    by_condition: tuple[tuple[int, int, int], ...]
    near: tuple[tuple[int, str, Verdict], ...]


NEAR_SHOWN = 30


def preview(policy: Policy) -> Preview:
    """Work out who matches, who misses by one, and which condition shuts out how many."""
    found = [
        (file.enterprise_id, file.name, verdict)
        for file, verdict in verdicts(policy, files(policy.park_id))
    ]
    met = sum(verdict.met for _id, _name, verdict in found)
    one = sum(len(v.missed) == 1 and not v.unknown for _id, _name, v in found)
    unknown = sum(not v.missed and bool(v.unknown) for _id, _name, v in found)
    counted = tuple(
        _tally([verdict.findings[number] for _id, _name, verdict in found])
        for number in range(len(policy.conditions))
    )
    near = sorted(found, key=lambda row: (row[2].distance, row[0]))[:NEAR_SHOWN]
    further = len(found) - met - one - unknown
    return Preview(met, one, unknown, further, counted, tuple(near))


def _tally(findings: Sequence[Finding]) -> tuple[int, int, int]:
    states = [finding.status for finding in findings]
    return (
        states.count(Status.MET), states.count(Status.MISSED), states.count(Status.UNKNOWN)
    )  # fmt: skip


def verdict_of(match: PolicyMatch) -> Verdict:
    """Return what a match says, from its columns."""
    return Verdict(
        tuple(
            finding_from_json(row, status)
            for rows, status in (
                (match.missed, Status.MISSED),
                (match.unknown, Status.UNKNOWN),
                (match.fulfilled, Status.MET),
            )
            for row in rows
        )
    )


# --- what fits one enterprise ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chance:
    """A running policy against one enterprise, as its file says now."""

    policy: Policy
    verdict: Verdict
    window: Window
    match: PolicyMatch | None
    declaration: Declaration | None


def chances(enterprise: Enterprise) -> list[Chance]:
    """Return the running policies for one enterprise, what fits best first, then what ends first."""
    day = today(enterprise.park_id)
    query = select(Policy).where(
        Policy.park_id == enterprise.park_id,
        Policy.state == PolicyState.PUBLISHED,
        Policy.closes_on >= day,
    )
    found = _chances(enterprise, db.session.scalars(query).all())
    return sorted(found, key=lambda one: (one.verdict.distance, one.policy.closes_on))


def chance(enterprise: Enterprise, policy_id: int) -> Chance | None:
    """Return a published policy for one enterprise, or ``None`` where it is none of theirs."""
    found = db.session.get(Policy, policy_id)
    if found is None or found.park_id != enterprise.park_id or found.state == PolicyState.DRAFT:
        return None
    return next(iter(_chances(enterprise, [found])), None)


def _chances(enterprise: Enterprise, policies: Sequence[Policy]) -> Iterator[Chance]:
    file = file_of(enterprise.id)
    numbers = [one.id for one in policies]
    mine = PolicyMatch.enterprise_id == enterprise.id, PolicyMatch.policy_id.in_(numbers)
    matches = {one.policy_id: one for one in db.session.scalars(select(PolicyMatch).where(*mine))}
    declared = {
        one.policy_id: one for one in declarations_of(enterprise.id) if one.state != State.WITHDRAWN
    }
    for one in policies if file else ():
        [(_file, verdict)] = verdicts(one, [file]) if file else []
        yield Chance(one, verdict, window_of(one), matches.get(one.id), declared.get(one.id))


def declarations_of(enterprise_id: int) -> Sequence[Declaration]:
    """Return an enterprise's declarations, newest first."""
    query = select(Declaration).where(Declaration.enterprise_id == enterprise_id)
    return db.session.scalars(query.order_by(Declaration.id.desc())).all()


# --- one declaration -------------------------------------------------------------------------


def declaration(actor: Actor, declaration_id: int) -> tuple[Declaration, Policy] | None:
    """Return a declaration with its policy if the person may see it; else it does not exist."""
    found = db.session.get(Declaration, declaration_id)
    if found is None:
        return None
    of = db.session.get_one(Policy, found.policy_id)
    return (found, of) if allows(actor, "declaration.view", subject_of(found, of)) else None


def subject_of(declaration: Declaration, policy: Policy) -> Subject:
    """Return where a declaration belongs, as the permission table asks it."""
    return Subject(policy.park_id, declaration.enterprise_id, unit_id_of(policy))


def facts_of(declaration: Declaration, policy: Policy) -> Facts:
    """Return what the rules of a step look at."""
    reached = (declaration.declared_on, declaration.recommended_on, declaration.decided_on)
    return Facts(
        state=State(declaration.state),
        since=max(day for day in reached if day is not None),
        today=today(policy.park_id),
        granted=declaration.granted_amount,
    )


def steps_for(actor: Actor, declaration: Declaration, policy: Policy) -> tuple[Step, ...]:
    """Return the steps that this person may take now."""
    return available(actor, subject_of(declaration, policy), facts_of(declaration, policy))


def events(declaration_id: int) -> Sequence[DeclarationEvent]:
    """Return the course of a declaration, oldest first."""
    query = select(DeclarationEvent).where(DeclarationEvent.declaration_id == declaration_id)
    return db.session.scalars(query.order_by(DeclarationEvent.id)).all()


def standing(policy_id: int, enterprise_id: int) -> Declaration | None:
    """Return the enterprise's declaration under a policy that was not withdrawn."""
    query = select(Declaration).where(
        Declaration.policy_id == policy_id,
        Declaration.enterprise_id == enterprise_id,
        Declaration.state != State.WITHDRAWN,
    )
    return db.session.scalar(query)


def linkable(policy: Policy, enterprise_id: int) -> Sequence[Ticket]:
    """Return the enterprise's open tickets of the policy's item that no declaration has."""
    taken = select(Declaration.id).where(Declaration.ticket_id == Ticket.id)
    query = (
        select(Ticket)
        .join(ServiceItem, ServiceItem.id == Ticket.item_id)
        .where(
            Ticket.enterprise_id == enterprise_id,
            ServiceItem.code == policy.item_code,
            Ticket.state.in_([state.value for state in BEFORE_RESOLUTION]),
            ~taken.exists(),
        )
    )
    return db.session.scalars(query.order_by(Ticket.id.desc())).all()


def policies_by_id(numbers: Collection[int]) -> dict[int, Policy]:
    """Return policies by row number, in one statement."""
    query = select(Policy).where(Policy.id.in_(set(numbers)))
    return {one.id: one for one in db.session.scalars(query)}


# --- what the statistics count ---------------------------------------------------------------


def declared_in(
    park_id: int, start: date, end: date, item_codes: Collection[str], listing: str = ""
) -> list[Declaration]:
    """Return what was declared from ``start`` to ``end``, both included (申报); not what was withdrawn."""
    return _counted(
        park_id, item_codes, listing, Declaration.declared_on.between(start, end),
        Declaration.state != State.WITHDRAWN,
    )  # fmt: skip


def approved_in(
    park_id: int, start: date, end: date, item_codes: Collection[str], listing: str = ""
) -> list[Declaration]:
    """Return what was approved from ``start`` to ``end`` (获批), paid or not, by day of decision."""
    return _counted(
        park_id, item_codes, listing, Declaration.decided_on.between(start, end),
        Declaration.state.in_([state.value for state in RECOGNISED]),
    )  # fmt: skip


def paid_in(
    park_id: int, start: date, end: date, item_codes: Collection[str], listing: str = ""
) -> list[Declaration]:
    """Return what was paid from ``start`` to ``end`` (兑现到账), by day of payment."""
    return _counted(
        park_id, item_codes, listing, Declaration.paid_on.between(start, end),
        Declaration.state == State.PAID,
    )  # fmt: skip


def paid_of_all(park_id: int, start: date, end: date) -> list[tuple[Declaration, str]]:
    """Return what was paid from ``start`` to ``end``, of all policies, each with its policy."""
    query = (
        select(Declaration, Policy.name)
        .join(Policy, Policy.id == Declaration.policy_id)
        .where(
            Policy.park_id == park_id,
            Declaration.paid_on.between(start, end),
            Declaration.state == State.PAID,
        )
    )
    return [(one, name) for one, name in db.session.execute(query.order_by(Declaration.id))]


def money_paid_in(park_id: int, start: date, end: date) -> int:
    """Return what was paid from ``start`` to ``end``, of all policies, in thousandths of 万元."""
    query = (
        select(func.coalesce(func.sum(Declaration.paid_amount), 0))
        .join(Policy, Policy.id == Declaration.policy_id)
        .where(
            Policy.park_id == park_id,
            Declaration.paid_on.between(start, end),
            Declaration.state == State.PAID,
        )
    )
    return int(db.session.scalar(query) or 0)


def _counted(
    park_id: int, item_codes: Collection[str], listing: str, *conditions: ColumnElement[bool]
) -> list[Declaration]:
    query = (
        select(Declaration)
        .join(Policy, Policy.id == Declaration.policy_id)
        .where(Policy.park_id == park_id, Policy.item_code.in_(item_codes), *conditions)
        .order_by(Declaration.id)
    )
    if listing:
        query = query.where(Policy.listing == listing)
    return list(db.session.scalars(query))


# --- the enterprise's file -------------------------------------------------------------------

_HAPPENED = (
    ("declared_on", N_("申报政策")),
    ("recommended_on", N_("申报已推荐上报")),
    ("decided_on", ""),
    ("paid_on", N_("政策资金到账")),
)
_DECIDED = {True: N_("申报获批"), False: N_("申报未获批")}


def history_of(enterprise_id: int) -> list[Happening]:
    """Return what an enterprise has declared and what became of it, for its file."""
    found = declarations_of(enterprise_id)
    known = policies_by_id([one.policy_id for one in found])
    return [line for one in found for line in _lines(one, known[one.policy_id])]


def _lines(found: Declaration, of: Policy) -> Iterator[Happening]:
    for column, text in _HAPPENED:
        day: date | None = getattr(found, column)
        if day is None:
            continue
        yield Happening(
            at=_at(of.park_id, day),
            kind="declaration",
            text=text or _DECIDED[found.state in RECOGNISED],
            detail=of.name,
            endpoint="desk.declaration",
            arguments={"declaration_id": found.id},
        )


def _at(park_id: int, day: date) -> datetime:
    """Return the noon of a local day: dates have no time of their own."""
    zone = calendar(park_id).local(clock.now()).tzinfo
    return datetime.combine(day, NOON, zone).astimezone(UTC)
