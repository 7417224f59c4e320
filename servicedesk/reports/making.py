"""Making the reports that wait (生成报表): in the background, under the asker's own permissions."""

import logging
import os
import re
import time
from contextlib import suppress
from pathlib import Path

from servicedesk.accounts.models import User
from servicedesk.core.counting import Rounding
from servicedesk.core.permissions import Actor, allows
from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.organisation.models import Unit
from servicedesk.organisation.queries import unit_by_code
from servicedesk.reports import ledger, runs, summary, workbook
from servicedesk.reports.content import called, told_of
from servicedesk.reports.kinds import KINDS, Kind
from servicedesk.reports.ledger import Progress
from servicedesk.reports.own_templates import SUMMARY, active_content
from servicedesk.reports.periods import around
from servicedesk.statistics.cutting import Cut
from servicedesk.statistics.facts import build
from servicedesk.statistics.reach import within

log = logging.getLogger(__name__)
BUDGET = 20.0  # seconds after which no further report is begun: the other jobs are waiting
BROKEN = N_("生成时出错，请重试；再次失败请联系系统管理员。")
Made = tuple[str, int]
"""The name that the file is fetched under, and its number of rows."""


def make_waiting() -> int:
    """Make the reports that wait, one after another; returns how many were finished or failed."""
    made, end = 0, time.monotonic() + BUDGET
    while time.monotonic() < end and (claimed := runs.claim()) is not None:
        _make(claimed)
        made += 1
    return made


def _make(claimed: runs.Claimed) -> None:
    path = runs.folder() / claimed.stored_as
    temporary = path.with_suffix(".part")
    try:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        actor = _asker(claimed)
        name, rows = _written(claimed, actor, temporary)
        _keep(temporary, path)
        runs.finish(claimed, actor, name, path.stat().st_size, rows)
    except runs.TakenOver:
        log.warning("the report %s was taken up by another scheduler", claimed.id)
        path.unlink(missing_ok=True)
    except Refused as refused:
        runs.fail(claimed, refused.reason)
    except Exception:
        log.exception("the report %s failed", claimed.id)
        db.session.rollback()
        runs.fail(claimed, BROKEN)
    finally:
        with suppress(OSError):  # what stays is swept
            temporary.unlink()


def _keep(temporary: Path, path: Path) -> None:
    """Sync the file before its row says that it is there."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.rename(path)


def _asker(claimed: runs.Claimed) -> Actor:
    """Return who asked, as they are now: rights that were taken away since do not count."""
    user = db.session.get_one(User, claimed.asked_by_id)
    actor = Actor(user.id, user.role_enum, user.park_id, user.name, user.unit_id)
    if not user.active or not KINDS[claimed.kind].open_to(actor):
        raise Refused(N_("您没有生成这种报表的权限。"), kind="permission")
    return actor


def _written(claimed: runs.Claimed, actor: Actor, path: Path) -> Made:
    build(actor.park_id)
    kind = KINDS[claimed.kind]

    def progress(done: int, total: int) -> None:
        runs.advance(claimed, done, total)

    write = _summary if kind.paper else _statistics if kind.length else _ledger
    return write(claimed, kind, actor, path, progress)


def _statistics(
    claimed: runs.Claimed, kind: Kind, actor: Actor, path: Path, progress: Progress
) -> Made:
    assert kind.length is not None
    period = around(kind.length, claimed.first)
    rows = workbook.write(actor, period, path, progress)
    return f"{period.label}{kind.name}{_of_unit(actor)}.xlsx", rows


def _ledger(
    claimed: runs.Claimed, kind: Kind, actor: Actor, path: Path, progress: Progress
) -> Made:
    unit = _unit(actor)
    rows = ledger.write(
        actor.park_id, claimed.first, claimed.last, path, unit_id=unit.id if unit else None,
        secrets=allows(actor, "ticket.view_confidential"), progress=progress,
    )  # fmt: skip
    days = f"{claimed.first:%Y%m%d}-{claimed.last:%Y%m%d}"
    return f"{kind.name}{days}{_of_unit(actor)}.xlsx", rows


def _summary(
    claimed: runs.Claimed, kind: Kind, actor: Actor, path: Path, progress: Progress
) -> Made:
    assert kind.length is not None
    progress(0, 1)
    rounding = Rounding(claimed.asked.get("rounding", Rounding.OVER))
    period = around(kind.length, claimed.first)
    template = active_content(actor.park_id, SUMMARY)
    unit = _unit(actor)
    summary.write(actor.park_id, period, path, rounding=rounding, unit=unit, template=template)
    return f"{called(told_of(period))}{_of_unit(actor)}.docx", 1


def _unit(actor: Actor) -> Unit | None:
    """Return the unit whose figures alone the person may see; ``None`` for the whole park."""
    code = within(actor, Cut()).unit
    return unit_by_code(actor.park_id, code) if code else None


def _of_unit(actor: Actor) -> str:
    unit = _unit(actor)
    return f"（{_in_file_name(unit.name)}）" if unit else ""


def _in_file_name(text: str) -> str:
    """Return a text without what a file's name may not have."""
    return re.sub(r'[\x00-\x1f\\/:*?"<>|]+', " ", text).strip()
