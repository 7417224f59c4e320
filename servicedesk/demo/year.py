"""Loading the demo: a park, its people, the year 2024, and life since then until this moment.

Everything happens through the real actions at the moment at which it happens. It is one
transaction: a load that is interrupted leaves nothing behind and can be started again. No e-mail
goes out: what the outbox holds at the end is marked as held back (state ``held``).
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import exists, select, update

from servicedesk.accounts.actions import hash_password
from servicedesk.audit.actions import seal
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import items
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Role
from servicedesk.demo import (
    bulk,
    catalogue,
    declarations,
    enterprise_file,
    financing,
    hiring,
    materials,
    materials_today,
    meetings,
    members,
    packages,
    problems,
    projects,
    queue,
    routing,
    training,
    visits,
    word,
)
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import Firm, create_clients, firms
from servicedesk.demo.life import Life
from servicedesk.demo.loop import Loop, Moments, scheduler
from servicedesk.demo.people import PASSWORD, create_staff
from servicedesk.demo.plan import Plan
from servicedesk.demo.stories import Story
from servicedesk.extensions import db
from servicedesk.installation import fill
from servicedesk.notifications.digests import forget_waiting
from servicedesk.notifications.models import Notice, OutboxMessage
from servicedesk.organisation.queries import default_park
from servicedesk.statistics.facts import build
from servicedesk.tickets.models import Ticket
from servicedesk.transaction import unit_of_work, writing

OPENING = datetime.fromisoformat("2023-12-25T09:30+08:00")
PREPARED_FOR = timedelta(days=40)  # how long the newest enterprises have been preparing
NOTICES_FRESH = timedelta(days=3)  # older ones have been read
Progress = Callable[[str], None]


def load(*, tickets: int = 0, seed: int = 2024, progress: Progress = print) -> None:
    """Load the demo once; a database with tickets stays as it is.

    ``tickets`` adds that many copies for benchmarks, also to a demo that is there already.
    """
    now = clock.now()
    if _has_tickets():
        progress("工单已存在，不再载入演示数据。")
    else:
        with clock.at(now), writing():
            _live(now, seed, progress)
            hold_mail(now)
    if tickets:
        bulk.load(tickets, seed, progress)
    _settle(progress)


def _has_tickets() -> bool:
    return bool(db.session.scalar(select(exists().where(Ticket.id.is_not(None)))))


def _live(now: datetime, seed: int, progress: Progress) -> None:
    fill()
    park = default_park()
    system = Actor(None, Role.SYSTEM, park.id, "演示数据")
    password = hash_password(PASSWORD)
    everyone = firms(park.region)
    established = [firm for firm in everyone if not firm.preparing]
    clock.set(min(OPENING, now))
    hours = calendar(park.id)
    clients = create_clients(system, password, established)
    cast = Cast.of(park.id, hours, create_staff(system, password), clients)
    loop = Loop()
    loop.add(scheduler(hours, OPENING, progress))
    newest = [firm for firm in everyone if firm.preparing]
    loop.add(_newcomers(cast, system, password, newest, now))
    stories = _stories(cast, established, now, seed)
    for life in declarations.lives(cast, stories, now, seed):
        loop.add(life)
    for serial, story in enumerate(stories):
        if story.at <= now:
            loop.add(Life(cast, story, Random(f"{seed}:{serial}")).run())
    for life in _features(cast, seed, now):
        loop.add(life)
    for life in projects.run(cast, loop.add, seed, now):
        loop.add(life)
    loop.add(members.run(cast, system, password, now))
    loop.run(now)


def _features(cast: Cast, seed: int, now: datetime) -> Iterator[Moments]:
    """Yield what goes on besides tickets, one life for each feature."""
    yield catalogue.run(cast, seed)
    yield from enterprise_file.run(cast, seed, now)
    yield from training.lives(cast, seed, now)
    yield hiring.weekly(cast, seed)
    yield hiring.asking_now(cast, now)
    yield financing.run(cast, seed)
    yield financing.asking_now(cast, now)
    yield from packages.lives(cast, seed, now)
    yield from problems.lives(cast, now)
    yield from meetings.lives(cast, seed, now)
    yield from visits.run(cast, seed, now)
    yield from materials.lives(cast, now, seed)
    yield queue.keeping(cast, now, seed)
    yield from materials_today.lives(cast, materials.keepers(cast), now)
    yield word.urging(cast, now)
    yield word.danger(cast, list(cast.clients.values())[7], now)
    yield routing.standing_now(cast, now)


def _stories(cast: Cast, established: list[Firm], now: datetime, seed: int) -> list[Story]:
    days = {item.code: item.promised_days for item in items(cast.park_id)}
    plan = Plan([firm.short for firm in established], days, cast.hours, seed)
    return [*plan.year_2024(), *plan.since(now), *plan.lately(now)]


def _newcomers(
    cast: Cast, system: Actor, password: str, newest: list[Firm], now: datetime
) -> Moments:
    """Open the files of the enterprises in preparation some weeks before ``now``."""
    yield max(now - PREPARED_FOR, min(OPENING, now))
    cast.clients.update(create_clients(system, password, newest, first=len(cast.clients)))


@unit_of_work
def hold_mail(now: datetime) -> None:
    """Keep the demo's e-mail and digests from going out, and mark all but the newest notices as read."""
    waiting = update(OutboxMessage).where(OutboxMessage.state == "waiting")
    db.session.execute(waiting.values(state="held", last_error="demo"))
    forget_waiting()
    old = update(Notice).where(Notice.read_at.is_(None), Notice.created_at < now - NOTICES_FRESH)
    db.session.execute(old.values(read_at=Notice.visible_at))


def _settle(progress: Progress) -> None:
    """Build the counts of every period and chain the audit trail to its end."""
    progress("统计与审计封存…")
    build(default_park().id, everything=True)
    while seal():
        db.session.expire_all()
