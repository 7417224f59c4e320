"""Reports that were asked for (报表任务): asking, claiming, following, fetching, forgetting.

A run is claimed by a conditional update with a name for its file that only this claim has: whoever
was taken for dead and replaced can no longer report progress, let alone finish. ``claimed_until``
moves on with every batch, so a killed scheduler's run is taken up again within minutes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from config import Settings
from servicedesk.accounts.models import User
from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.counting import Rounding
from servicedesk.core.identifiers import new_token
from servicedesk.core.permissions import Actor
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.reports.kinds import KINDS
from servicedesk.reports.models import ReportRun
from servicedesk.tickets.files import sweep
from servicedesk.transaction import changed_rows, unit_of_work

CLAIM = timedelta(minutes=3)
KEPT = timedelta(days=30)
TRIES = 3
WAITING_MAX = 10
KEPT_MAX = 50  # reports of one person; as many as the page lists, so none lies about unseen
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
READY = N_("您订阅的报表已生成，可以下载。")
NOT_READY = N_("您订阅的报表没有生成，可以到报表页重试。")
KILLED = N_("生成中断了三次，请缩短统计期间后重试。")
LINK = "/insight/reports"
DUE = "due:"  # how the keys of subscribed reports begin


class TakenOver(Exception):
    """Another scheduler has taken this run up."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that this worker may make now."""

    id: int
    park_id: int
    kind: str
    first: date
    last: date
    asked: Mapping[str, Any]
    asked_by_id: int
    stored_as: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: a kind, its days, and how numbers are rounded."""

    kind: str
    first: date
    last: date
    rounding: Rounding = Rounding.OVER


def folder() -> Path:
    """Return where finished reports lie: outside any folder that is served."""
    settings: Settings = current_app.extensions["settings"]
    return settings.data_dir / "reports"


@unit_of_work
def ask(actor: Actor, wish: Wish, key: str) -> ReportRun:
    """Ask for a report; the same ``key`` of the same person gives the same run.

    Raises:
        Refused: not permitted, the days are the wrong way round, or too many are waiting.
    """
    check(actor, wish)
    _refuse_crowd(actor)
    key = f"asked:{actor.user_id}:{key}"
    if insert_once(actor, wish, key):
        made = by_key(key)
        record(actor, "report.ask", "report_run", made.id, after=described(made))
    return by_key(key)


def _refuse_crowd(actor: Actor) -> None:
    waiting = select(func.count(ReportRun.id)).where(
        ReportRun.asked_by_id == actor.user_id, ReportRun.state.in_([WAITING, RUNNING])
    )
    if (db.session.scalar(waiting) or 0) >= WAITING_MAX:
        raise Refused(N_("您有太多报表还在生成，请等它们完成后再试。"))


def check(actor: Actor, wish: Wish) -> None:
    """Refuse what the person may not ask for, in the caller's transaction."""
    if wish.kind not in KINDS or not KINDS[wish.kind].open_to(actor):
        raise Refused(N_("您没有生成这种报表的权限。"), kind="permission")
    if wish.first > wish.last:
        raise Refused(N_("开始日期不能晚于结束日期。"), field="last")


def insert_once(actor: Actor, wish: Wish, key: str, *, subscribed: bool = False) -> bool:
    """Add a waiting run unless there is one with this key, in the caller's transaction."""
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    asked = {"rounding": str(wish.rounding), "subscribed": subscribed, "tries": 0}
    row = insert(ReportRun).values(
        park_id=actor.park_id, key=key, kind=wish.kind, starts_on=wish.first, ends_on=wish.last,
        asked=asked, asked_by_id=actor.user_id, asked_at=clock.now(), state=WAITING, done=0, total=0,
        error="", name="", stored_as="", size=0,
    )  # fmt: skip
    added = row.on_conflict_do_nothing(index_elements=["key"]).returning(ReportRun.id)
    return db.session.scalar(added) is not None


def by_key(key: str) -> ReportRun:
    """Return the run with this key."""
    return db.session.scalars(select(ReportRun).where(ReportRun.key == key)).one()


def described(run: ReportRun) -> dict[str, Any]:
    """Return what the audit trail keeps of a run: its filter."""
    return {
        "kind": run.kind, "from": str(run.starts_on), "to": str(run.ends_on),
        "rounding": run.asked.get("rounding", ""),
    }  # fmt: skip


def mine(actor: Actor) -> Sequence[ReportRun]:
    """Return the person's newest runs."""
    query = select(ReportRun).where(ReportRun.asked_by_id == actor.user_id)
    return db.session.scalars(query.order_by(ReportRun.id.desc()).limit(KEPT_MAX)).all()


def standing(run: ReportRun) -> str:
    """Return how a run stands: one whose worker has died waits to be taken up again."""
    dead = run.claimed_until is not None and run.claimed_until < clock.now()
    return WAITING if run.state == RUNNING and dead else run.state


def own(actor: Actor, run_id: int) -> ReportRun | None:
    """Return a run that the person asked for; another's does not exist."""
    query = select(ReportRun).where(ReportRun.id == run_id)
    return db.session.scalar(query.where(ReportRun.asked_by_id == actor.user_id))


@unit_of_work
def retry(actor: Actor, run_id: int) -> bool:
    """Let a failed or expired run of the person's be made again; false where it is neither.

    Raises:
        Refused: the person may not make such reports any more, or too many are waiting.
    """
    found = own(actor, run_id)
    if found is None:
        return False
    first, last = found.starts_on, found.ends_on
    assert first and last
    check(actor, Wish(found.kind, first, last))
    again = or_(ReportRun.state == FAILED, and_(ReportRun.state == DONE, ReportRun.stored_as == ""))
    if db.session.scalar(select(ReportRun.id).where(ReportRun.id == run_id, again)) is None:
        return False
    _refuse_crowd(actor)
    changed = changed_rows(
        update(ReportRun)
        .where(ReportRun.id == run_id, again)
        .values(
            state=WAITING, error="", done=0, total=0, finished_at=None, expires_at=None,
            asked={**found.asked, "tries": 0},
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if changed:
        record(actor, "report.retry", "report_run", run_id, after=described(found))
    return changed == 1


@unit_of_work
def fetch(actor: Actor, run_id: int) -> tuple[ReportRun, Path] | None:
    """Return a finished report of the person's and its file; each fetch is on record.

    ``None``: it is another's, not finished, or its file is gone.
    """
    found = own(actor, run_id)
    if found is None or found.state != DONE or not found.stored_as:
        return None
    if found.asked.get("reach") != _reach(actor):
        return None  # it was made under a role or a unit that the person has no more
    path = folder() / found.stored_as
    if not path.is_file():
        return None
    after = {**described(found), "rows": found.done}
    record(actor, "report.fetch", "report_run", found.id, after=after)
    return found, path


def _reach(actor: Actor) -> list[str | int | None]:
    """Return under what somebody's reports are made: the role and the unit."""
    return [str(actor.role), actor.unit_id]


# Making -----------------------------------------------------------------------------------------


@unit_of_work
def claim() -> Claimed | None:
    """Take one run that waits, or whose worker has died; it fails for good after three deaths."""
    now = clock.now()
    dead = and_(ReportRun.state == RUNNING, ReportRun.claimed_until < now)
    query = select(ReportRun.id).where(or_(ReportRun.state == WAITING, dead))
    query = query.order_by(ReportRun.id).limit(1).with_for_update(skip_locked=True)
    while (run_id := db.session.scalar(query)) is not None:
        run = db.session.get_one(ReportRun, run_id, populate_existing=True)
        tries = int(run.asked.get("tries", 0)) + 1
        run.asked = {**run.asked, "tries": tries}
        if tries > TRIES:
            _fail(run, KILLED)
            db.session.flush()
            continue
        token = new_token().replace("-", "").replace("_", "").lower()[:32]
        run.state, run.claimed_until = RUNNING, now + CLAIM
        run.stored_as, run.done = f"{token[:2]}/{token}", 0
        assert run.starts_on and run.ends_on
        return Claimed(
            run.id, run.park_id, run.kind, run.starts_on, run.ends_on, run.asked, run.asked_by_id,
            run.stored_as,
        )  # fmt: skip
    return None


@unit_of_work
def advance(claimed: Claimed, done: int, total: int) -> None:
    """Note how far a run is, and keep the claim.

    Raises:
        TakenOver: the claim is another's by now.
    """
    values = {"done": done, "total": total, "claimed_until": clock.now() + CLAIM}
    _own(claimed, values)


def _own(claimed: Claimed, values: Mapping[str, Any]) -> None:
    changed = changed_rows(
        update(ReportRun)
        .where(
            ReportRun.id == claimed.id, ReportRun.state == RUNNING,
            ReportRun.stored_as == claimed.stored_as,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if changed != 1:
        raise TakenOver


@unit_of_work
def finish(claimed: Claimed, actor: Actor, name: str, size: int, rows: int) -> None:
    """Say that the file is there; a subscriber is told.

    Raises:
        TakenOver: the claim is another's by now.
    """
    now = clock.now()
    _own(
        claimed,
        {
            "state": DONE, "done": rows, "total": rows, "name": name, "size": size, "error": "",
            "claimed_until": None, "finished_at": now, "expires_at": now + KEPT,
            "asked": {**claimed.asked, "reach": _reach(actor)},
        },
    )  # fmt: skip
    run = db.session.get_one(ReportRun, claimed.id, populate_existing=True)
    record(actor, "report.made", "report_run", run.id, after={**described(run), "rows": rows})
    _tell(run, READY, name)


@unit_of_work
def fail(claimed: Claimed, reason: str) -> None:
    """Say in one sentence why there is no file."""
    run = db.session.get_one(ReportRun, claimed.id, populate_existing=True)
    if run.state == RUNNING and run.stored_as == claimed.stored_as:
        _fail(run, reason)


def _fail(run: ReportRun, reason: str) -> None:
    run.state, run.error, run.claimed_until, run.stored_as = FAILED, reason, None, ""
    run.finished_at = clock.now()
    _tell(run, NOT_READY, reason)


def _tell(run: ReportRun, text: str, detail: str) -> None:
    """Tell a subscriber with a link, never with the file; whoever asked looks for themselves."""
    if run.asked.get("subscribed"):
        person = db.session.get_one(User, run.asked_by_id)
        moment: datetime | None = run.finished_at
        key = f"report:{run.id}:{run.state}:{moment:%Y%m%d%H%M%S}"
        tell([person], text, key=key, detail=detail, link=LINK)


# Forgetting -------------------------------------------------------------------------------------


def forget_reports() -> int:
    """Delete what nobody fetches any more; returns how many rows and files.

    The files of reports that have expired, of every person all runs but the newest with their files,
    and files that no run names. What was asked for, made and fetched stays in the audit trail.
    """
    dropped = _drop_old()
    for name in filter(None, dropped):
        (folder() / name).unlink(missing_ok=True)
    return len(dropped) + _expire() + sweep(folder(), _stored_names())


@unit_of_work
def _drop_old() -> list[str]:
    """Delete the rows beyond the newest of each person; returns the names of their files.

    The last run of a subscription stays: without it the same period would fall due again.
    """
    place = func.row_number().over(partition_by=ReportRun.asked_by_id, order_by=ReportRun.id.desc())
    placed = select(ReportRun.id, place.label("place")).subquery()
    last_due = (
        select(func.max(ReportRun.id))
        .where(ReportRun.key.startswith(DUE))
        .group_by(ReportRun.asked_by_id, ReportRun.kind)
    )
    old = (
        delete(ReportRun)
        .where(
            ReportRun.id.in_(select(placed.c.id).where(placed.c.place > KEPT_MAX)),
            ReportRun.id.not_in(last_due),
            ReportRun.state.in_([DONE, FAILED]),
        )
        .returning(ReportRun.stored_as)
        .execution_options(synchronize_session=False)
    )
    return list(db.session.scalars(old))


@unit_of_work
def _expire() -> int:
    expired = update(ReportRun).where(ReportRun.expires_at < clock.now(), ReportRun.stored_as != "")
    return changed_rows(expired.values(stored_as="").execution_options(synchronize_session=False))


def _stored_names() -> set[str]:
    return set(db.session.scalars(select(ReportRun.stored_as).where(ReportRun.stored_as != "")))
