"""Working out which enterprise a policy fits (政策匹配): the scheduler's work, only what is outdated."""

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import aliased

from servicedesk.clock import clock
from servicedesk.core.conditions import Verdict
from servicedesk.core.declarations import (
    PolicyState,
)
from servicedesk.core.words import N_
from servicedesk.declarations.models import Policy, PolicyMatch
from servicedesk.declarations.profiles import File, as_json, file_of, files, today, verdicts
from servicedesk.enterprises.models import Enterprise, Patent, Title
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.organisation.queries import parks
from servicedesk.transaction import changed_rows, unit_of_work

LIMIT = 200
ACTING = "declaration.declare"


# --- matching --------------------------------------------------------------------------------


def stale_policies(limit: int = LIMIT) -> list[int]:
    """Return running policies that were changed, or not looked at today."""
    found: list[int] = []
    for park in parks():
        query = select(Policy.id).where(running(park.id), _outdated(park.id))
        found += db.session.scalars(query.order_by(Policy.id).limit(limit))
    return found


def _outdated(park_id: int) -> ColumnElement[bool]:
    return or_(
        Policy.matched_on.is_(None),
        Policy.matched_on < today(park_id),
        Policy.matched_version != Policy.version,
    )


def running(park_id: int) -> ColumnElement[bool]:
    """The condition of policies that are published and whose window is not over."""
    return and_(
        Policy.park_id == park_id,
        Policy.state == PolicyState.PUBLISHED,
        Policy.closes_on >= today(park_id),
    )


@unit_of_work
def match_policy(policy_id: int) -> bool:
    """Work a policy's matches out for every enterprise; false where another has just done it."""
    policy = db.session.get_one(Policy, policy_id, populate_existing=True)
    claim = (
        update(Policy)
        .where(Policy.id == policy_id, Policy.version == policy.version, _outdated(policy.park_id))
        .values(matched_version=policy.version, matched_on=today(policy.park_id))
        .execution_options(synchronize_session=False)
    )
    if changed_rows(claim) != 1:
        return False
    known = select(PolicyMatch).where(PolicyMatch.policy_id == policy_id)
    rows = {row.enterprise_id: row for row in db.session.scalars(known)}
    for file, verdict in verdicts(policy, files(policy.park_id)):
        _keep(policy, file, verdict, rows.get(file.enterprise_id))
    return True


def stale_enterprises(limit: int = LIMIT) -> list[int]:
    """Return enterprises whose file has changed since a running policy was matched with it."""
    found: list[int] = []
    for park in parks():
        newer = (
            select(changed.id)
            .where(changed.enterprise_id == Enterprise.id, changed.recorded_at > PolicyMatch.computed_at)
            .exists()
            for changed in (aliased(Title), aliased(Patent))
        )  # fmt: skip
        outdated = or_(
            PolicyMatch.id.is_(None), PolicyMatch.file_version != Enterprise.version, *newer
        )
        query = (
            select(Enterprise.id)
            .join(Policy, and_(running(park.id), Policy.matched_on.is_not(None)))
            .outerjoin(
                PolicyMatch,
                and_(
                    PolicyMatch.policy_id == Policy.id, PolicyMatch.enterprise_id == Enterprise.id
                ),
            )
            .where(Enterprise.park_id == park.id, Enterprise.merged_into_id.is_(None), outdated)
            .distinct()
        )
        found += db.session.scalars(query.order_by(Enterprise.id).limit(limit))
    return found


@unit_of_work
def match_enterprise(enterprise_id: int) -> bool:
    """Work the matches of one enterprise out for every running policy."""
    file = file_of(enterprise_id)
    if file is None:
        return False
    park_id = db.session.get_one(Enterprise, enterprise_id).park_id
    known = select(PolicyMatch).where(PolicyMatch.enterprise_id == enterprise_id)
    rows = {row.policy_id: row for row in db.session.scalars(known)}
    for policy in db.session.scalars(select(Policy).where(running(park_id))).all():
        [(_file, verdict)] = verdicts(policy, [file])
        _keep(policy, file, verdict, rows.get(policy.id))
    return True


def _keep(policy: Policy, file: File, verdict: Verdict, row: PolicyMatch | None) -> PolicyMatch:
    if row is None:
        row = PolicyMatch(
            policy_id=policy.id, enterprise_id=file.enterprise_id, reminders=0, dismissed_reason=""
        )
        db.session.add(row)
    for name, value in as_json(verdict).items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    row.file_version, row.computed_at = file.version, clock.now()
    if verdict.met and row.first_met_on is None:
        row.first_met_on = today(policy.park_id)
    return row


def match_now(policy: Policy, enterprise_id: int) -> PolicyMatch:
    """Return the enterprise's match with a policy as of now."""
    known = db.session.scalar(
        select(PolicyMatch).where(
            PolicyMatch.policy_id == policy.id, PolicyMatch.enterprise_id == enterprise_id
        )
    )
    if known is not None:
        return known
    file = file_of(enterprise_id)
    if file is None:
        raise Refused(N_("这家企业的档案已并入另一家。"))
    [(_file, verdict)] = verdicts(policy, [file])
    return _keep(policy, file, verdict, None)
