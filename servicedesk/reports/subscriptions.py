"""Who gets a report by itself when its period is over (报表订阅), once, on a working morning."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from servicedesk.accounts.models import User
from servicedesk.audit.actions import record
from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.digests import opening
from servicedesk.reports.kinds import KINDS
from servicedesk.reports.models import ReportRun, ReportSubscription
from servicedesk.reports.periods import Period, last_ended
from servicedesk.reports.runs import DUE, Wish, by_key, described, insert_once
from servicedesk.transaction import changed_rows, unit_of_work


@unit_of_work
def subscribe(actor: Actor, kind: str) -> None:
    """Let a report of every period that ends from now on come to the person.

    Raises:
        Refused: there is no such report, or not for this person.
    """
    known = KINDS.get(kind)
    if known is None or not known.subscribable or not known.open_to(actor):
        raise Refused(N_("您没有订阅这种报表的权限。"), kind="permission")
    if kind in subscribed(actor):
        return
    row = ReportSubscription(
        park_id=actor.park_id, user_id=actor.user_id, kind=kind, since=clock.now()
    )
    db.session.add(row)
    record(actor, "report.subscribe", "report_subscription", kind)


@unit_of_work
def unsubscribe(actor: Actor, kind: str) -> None:
    """End a subscription of the person's."""
    gone = delete(ReportSubscription).where(
        ReportSubscription.user_id == actor.user_id, ReportSubscription.kind == kind
    )
    if changed_rows(gone):
        record(actor, "report.unsubscribe", "report_subscription", kind)


def subscribed(actor: Actor) -> set[str]:
    """Return the kinds that the person has subscribed to."""
    query = select(ReportSubscription.kind).where(ReportSubscription.user_id == actor.user_id)
    return set(db.session.scalars(query))


def due(limit: int) -> Sequence[tuple[int, str]]:
    """Return (subscription, key) of the reports that have fallen due and are not there yet.

    Due is the newest period that ended since the subscription began, once a working day has opened
    after it. After an outage the newest one is made; what it missed before can be asked for.
    """
    query = (
        select(ReportSubscription)
        .join(User, User.id == ReportSubscription.user_id)
        .where(User.active)
        .order_by(ReportSubscription.id)
    )
    keys: dict[str, int] = {}
    for row in db.session.scalars(query):
        if opening(row.park_id, clock.now()) is None:
            continue
        period = _period(row)
        if period.end >= calendar(row.park_id).local(row.since).date():
            keys[_key(row, period)] = row.id
    known = set(db.session.scalars(select(ReportRun.key).where(ReportRun.key.in_(list(keys)))))
    return [(number, key) for key, number in keys.items() if key not in known][:limit]


@unit_of_work
def make(subscription_id: int, key: str) -> bool:
    """Put the report of a subscription into the queue; false where another scheduler has.

    The subscription of somebody who may not have such reports any more ends.
    """
    row = db.session.get(ReportSubscription, subscription_id)
    if row is None:
        return False
    user = db.session.get_one(User, row.user_id)
    actor = Actor(user.id, user.role_enum, user.park_id, user.name, user.unit_id)
    if not KINDS[row.kind].open_to(actor):
        db.session.delete(row)
        record(actor, "report.unsubscribe", "report_subscription", row.kind)
        return True
    period = _period(row)
    wish = Wish(row.kind, period.start, period.end)
    if _key(row, period) != key or not insert_once(actor, wish, key, subscribed=True):
        return False
    made = by_key(key)
    record(actor, "report.ask", "report_run", made.id, after=described(made))
    return True


def _period(row: ReportSubscription) -> Period:
    length = KINDS[row.kind].length
    assert length is not None  # only periodic kinds can be subscribed to
    return last_ended(length, calendar(row.park_id).local(clock.now()).date())


def _key(row: ReportSubscription, period: Period) -> str:
    return f"{DUE}{row.user_id}:{row.kind}:{period.code}"
