"""The demo's hiring: posts behind the requests, people sent and confirmed (F2), asked about later."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy import select

from servicedesk.clock import clock
from servicedesk.core.hiring import SOURCES
from servicedesk.core.permissions import Actor, Role
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import SHOWN, Client
from servicedesk.demo.loop import Moments
from servicedesk.demo.moments import working_day_back
from servicedesk.demo.stories import Story
from servicedesk.extensions import db
from servicedesk.hiring import actions, arrivals
from servicedesk.hiring.models import JobPost, Placement
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Ticket

ITEM = actions.ITEM
UNIT = "RLZY"
WEEK = timedelta(days=7)
FEW = 12  # more people than this come on two days
PLACE_MAX = 100


def post_of(cast: Cast, actor: Actor, ticket: Ticket) -> JobPost:
    """Write the post of a request down, as its form says."""
    answers, client = ticket.answers, _client(cast, ticket.enterprise_id)
    draft = actions.Draft(
        ticket.enterprise_id, str(answers["posts"]), int(answers["head_count"]),
        str(answers.get("salary") or "面议"), client.firm.place[:PLACE_MAX],
        str(answers.get("requirements") or ""), date.fromisoformat(str(answers["needed_by"])),
    )  # fmt: skip
    return actions.open_post(actor, draft, ticket)


def _client(cast: Cast, enterprise_id: int) -> Client:
    return next(one for one in cast.clients.values() if one.enterprise_id == enterprise_id)


def coming(story: Story, head_count: int, chance: Random) -> list[int]:
    """Return how many people come, on one day or two; nobody where the story found nobody."""
    if story.result == "explained":
        return []
    known: Mapping[str, float] = story.outcomes or {}
    total = int(known.get("placed") or chance.randint(3, 12))
    total = min(total, head_count)
    first = total if total <= FEW else total // 2
    return [count for count in (first, total - first) if count]


def refer(cast: Cast, actor: Actor, post: JobPost, count: int, chance: Random) -> None:
    """Send some more people than will come."""
    interviewed = count + chance.randint(0, max(1, count // 3))
    referred = interviewed + chance.randint(0, max(2, count // 2))
    source = chance.choices(sorted(SOURCES), (2, 4, 5))[0]
    actions.refer(actor, post.id, source, _today(cast), referred, interviewed)


def report(cast: Cast, actor: Actor, post: JobPost, count: int) -> Placement:
    """Say how many came today; who came on the same day before is counted with them."""
    day = _today(cast)
    while _taken(post.id, day):
        day -= timedelta(days=1)
    return arrivals.report_arrival(actor, post.id, day, count)


def _taken(post_id: int, day: date) -> bool:
    query = select(Placement.id).where(Placement.post_id == post_id, Placement.on_day == day)
    return db.session.scalar(query) is not None


def confirm(member: Actor, row: Placement) -> None:
    """The enterprise confirms what was reported."""
    arrivals.confirm_arrival(member, row.id, row.reported)


def _today(cast: Cast) -> date:
    return cast.hours.local(clock.now()).date()


def weekly(cast: Cast, seed: int) -> Moments:
    """Ask every week who is still at work, and let most enterprises answer."""
    chance = Random(f"hiring:{seed}")
    while True:
        yield cast.hours.next_working_moment(clock.now() + WEEK)
        arrivals.remind_to_confirm()
        arrivals.ask_who_stayed()
        asked = select(Placement).where(
            Placement.stay_asked_at <= clock.now() - timedelta(days=5), Placement.stayed.is_(None)
        )
        for row in db.session.scalars(asked.order_by(Placement.id)).all():
            if chance.random() < 0.8:
                post = db.session.get_one(JobPost, row.post_id)
                member = _client(cast, post.enterprise_id).people[0]
                left = chance.choice((0, 0, 0, 1, 1, 2))
                arrivals.note_stay(member, row.id, max(0, (row.confirmed or 0) - left))
        _close_old_posts(cast, chance)


def _close_old_posts(cast: Cast, chance: Random) -> None:
    """Most enterprises close their posts when the time for them is over."""
    over = select(JobPost).where(
        JobPost.state == "open", JobPost.open_until < _today(cast) - timedelta(days=14)
    )
    for post in db.session.scalars(over.order_by(JobPost.id)).all():
        if chance.random() < 0.3:
            member = _client(cast, post.enterprise_id).people[0]
            actions.close_post(member, post.id, chance.choice(("招聘期结束", "其余岗位已自行招满")))


def asking_now(cast: Cast, now: datetime) -> Moments:
    """The demo clerk has people to confirm, and others to say of who stayed."""
    client, chance = cast.clients[SHOWN], Random("hiring now")
    officer = cast.holder(Role.OFFICER, chance, UNIT)
    today = cast.hours.local(now).date()
    yield _morning(cast, today - timedelta(days=44))
    old = actions.open_post(officer, _draft(client, "焊工", 8, today + timedelta(days=4)))
    refer(cast, officer, old, 5, chance)
    yield _morning(cast, today - timedelta(days=36))
    row = arrivals.report_arrival(officer, old.id, _today(cast), 5)
    yield clock.now() + timedelta(hours=4)
    confirm(client.people[0], row)
    yield _morning(cast, today - timedelta(days=8))
    new = actions.open_post(officer, _draft(client, "数控操作工", 12, today + timedelta(days=24)))
    yield _morning(cast, today - timedelta(days=5))
    refer(cast, officer, new, 6, chance)
    yield _morning(cast, working_day_back(today, 1, cast.hours))
    arrivals.report_arrival(officer, new.id, _today(cast), 4)


def _draft(client: Client, title: str, count: int, until: date) -> actions.Draft:
    return actions.Draft(
        client.enterprise_id, title, count, "月薪5500至7000元，包食宿", client.firm.place,
        "能上夜班，有经验者优先", until,
    )  # fmt: skip


def _morning(cast: Cast, day: date) -> datetime:
    return datetime.combine(working_day_back(day, 0, cast.hours), time(10, 15), ZONE)
