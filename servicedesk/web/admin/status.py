"""What the system knows of its own state: one check for each part, each with a sentence."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import text

from config import Settings
from servicedesk.calendars.queries import years
from servicedesk.clock import clock
from servicedesk.core.words import N_
from servicedesk.database import sqlite_is_sound
from servicedesk.extensions import db
from servicedesk.jobs.queries import last_tick, runs
from servicedesk.notifications.queries import counts, oldest_waiting
from servicedesk.statistics.fact_models import FactBuild
from servicedesk.statistics.facts import stale
from servicedesk.web.health import scheduler_is_silent
from servicedesk.web.showing import ZONE

GIB = 1024**3
LATE = timedelta(minutes=15)
JOB_NAMES = {
    "tick": N_("调度一轮"),
    "response": N_("首次响应提醒"),
    "escalate": N_("预警和督办"),
    "support": N_("协办提醒"),
    "calendar": N_("按日历重算期限"),
    "finish": N_("自动归档"),
    "supplements": N_("补正催办"),
    "meetings": N_("联席会议汇集和催办"),
    "policies": N_("政策匹配和提醒"),
    "materials": N_("材料和授权到期提醒"),
    "packages": N_("一件事公示期"),
    "events": N_("培训活动提醒"),
    "hiring": N_("到岗确认提醒"),
    "follow_ups": N_("回访催办"),
    "digest": N_("每日邮件汇总"),
    "problems": N_("类问题提醒和销号"),
    "reports": N_("生成报表"),
    "deliver": N_("发送邮件"),
    "counts": N_("生成统计"),
    "audit": N_("封存审计"),
    "housekeeping": N_("清理过期数据"),
}
DISK_LOW, DISK_FULL = 5 * GIB, GIB


class Level(StrEnum):
    """How a part does; the value is the colour of its light."""

    GOOD = "green"
    WATCH = "yellow"
    BAD = "red"


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the system: its light, its figure, and a sentence."""

    icon: str
    name: str
    level: Level
    value: str
    note: str

    @property
    def word(self) -> str:
        """The light in a word, for those who do not see its colour."""
        words = {Level.GOOD: _("正常"), Level.WATCH: _("留意"), Level.BAD: _("异常")}
        return words[self.level]


@dataclass(frozen=True, slots=True)
class Verdict:
    """All parts in one sentence."""

    level: Level
    sentence: str


def checks(park_id: int, settings: Settings) -> list[Check]:
    """Return the state of every part, in the order of the page."""
    return [
        _scheduler(),
        _jobs(),
        _database(),
        _outbox(settings),
        _counts(park_id),
        _disk(settings.data_dir),
        _calendar(park_id),
    ]


def verdict(found: Sequence[Check]) -> Verdict:
    """Sum the checks up for somebody who has ten seconds."""
    bad = [check.name for check in found if check.level is Level.BAD]
    watch = [check.name for check in found if check.level is Level.WATCH]
    if bad:
        return Verdict(Level.BAD, _("需要马上处理：%(names)s", names=_listed(bad + watch)))
    if watch:
        return Verdict(Level.WATCH, _("运行正常，请留意：%(names)s", names=_listed(watch)))
    return Verdict(Level.GOOD, _("系统运行正常，没有需要处理的事项。"))


def _listed(names: Sequence[str]) -> str:
    return _("、").join(names)


def _scheduler() -> Check:
    silent, last = scheduler_is_silent(), last_tick()
    note = _("预警、督办、邮件和统计都由它执行。")
    if silent:
        note = _("超过5分钟没有运行：预警、督办、邮件和统计暂停，恢复后自动补做。")
    value = ago(last) if last else _("从未运行")
    return Check("clock", _("调度器"), Level.BAD if silent else Level.GOOD, value, note)


def _jobs() -> Check:
    known = runs()
    broken = [job_name(run.name) for run in known if run.error]
    if broken:
        value = _("%(n)s项出错", n=len(broken))
        return Check("settings", _("定时任务"), Level.BAD, value, _listed(broken))
    note = _("最近一次运行都没有出错。") if known else _("还没有运行记录。")
    return Check("settings", _("定时任务"), Level.GOOD, _("%(n)s项", n=len(known)), note)


def _database() -> Check:
    name = _("数据库")
    if db.engine.dialect.name != "sqlite":
        version = str(db.session.scalar(text("SHOW server_version"))).split(" ")[0]
        return Check("database", name, Level.GOOD, f"PostgreSQL {version}", _("连接正常。"))
    value = f"SQLite {db.session.scalar(text('SELECT sqlite_version()'))}"
    if sqlite_is_sound():
        return Check("database", name, Level.GOOD, value, _("此版本没有已知的数据损坏缺陷。"))
    note = _("此版本有已知的WAL数据损坏缺陷，请升级到3.51.3或更高版本，或改用PostgreSQL。")
    return Check("database", name, Level.WATCH, value, note)


def _outbox(settings: Settings) -> Check:
    by_state, oldest = counts(), oldest_waiting()
    waiting, failed = by_state.get("waiting", 0), by_state.get("failed", 0)
    late = oldest is not None and clock.now() - oldest > LATE
    level = Level.BAD if failed else Level.WATCH if late else Level.GOOD
    parts = [_("已发%(n)s封", n=by_state.get("sent", 0)), _("失败%(n)s封", n=failed)]
    if oldest:
        parts.append(_("最早一封待发于%(time)s", time=ago(oldest)))
    if not settings.smtp_url:
        parts.append(_("未设邮件服务器，邮件存在本机"))
    value = _("待发%(n)s封", n=waiting)
    return Check("mail", _("发件箱"), level, value, _("；").join(parts))


def _counts(park_id: int) -> Check:
    built, waiting = db.session.get(FactBuild, park_id), stale(park_id)
    name = _("统计数据")
    if built is None:
        level = Level.WATCH if waiting else Level.GOOD
        return Check("chart-bar", name, level, _("尚未统计"), _("调度器首次运行后生成。"))
    late = waiting > 0 and clock.now() - built.built_at > LATE
    note = _("%(n)s处变动等待计入。", n=waiting) if waiting else _("与工单一致，没有待计入的变动。")
    return Check("chart-bar", name, Level.WATCH if late else Level.GOOD, ago(built.built_at), note)


def _disk(folder: Path) -> Check:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    usage = shutil.disk_usage(there)
    level = Level.GOOD
    if usage.free < DISK_LOW:
        level = Level.BAD if usage.free < DISK_FULL else Level.WATCH
    value = _("剩余%(size)s GB", size=f"{usage.free / GIB:.1f}")
    share = _("占总容量的%(share)s%%", share=round(usage.free * 100 / usage.total))
    return Check("download", _("数据磁盘"), level, value, share)


def _calendar(park_id: int) -> Check:
    known, this_year = years(park_id), clock.now().astimezone(ZONE).year
    name, last = _("工作日历"), max((year.year for year in known), default=0)
    waiting = unpublished_years(park_id)
    value = _("至%(year)s年", year=last) if last else _("没有日历")
    if last <= this_year or this_year in waiting:
        note = _("本年或下一年的放假安排缺失，期限可能不准。")
        return Check("calendar", name, Level.WATCH, value, note)
    note = _("放假安排齐全。")
    if waiting:
        note = _("%(years)s年待国务院公布。", years=_listed([str(year) for year in waiting]))
    return Check("calendar", name, Level.GOOD, value, note)


def job_name(name: str) -> str:
    """Return what a job does in words; one without words keeps its name."""
    return _(JOB_NAMES[name]) if name in JOB_NAMES else name


def unpublished_years(park_id: int) -> list[int]:
    """Return the years of the calendar whose holidays are not announced yet."""
    return [year.year for year in years(park_id) if not year.published]


def ago(moment: datetime) -> str:
    """Write how long ago something was, roughly."""
    seconds = max(0, int((clock.now() - moment).total_seconds()))
    if seconds < 60:
        return _("%(n)s秒前", n=seconds)
    if seconds < 3600:
        return _("%(n)s分钟前", n=seconds // 60)
    if seconds < 2 * 86400:
        return _("%(n)s小时前", n=seconds // 3600)
    return _("%(n)s天前", n=seconds // 86400)
