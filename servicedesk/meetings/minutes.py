"""The minutes of a joint meeting (会议纪要) as Word, in the form of official papers (GB/T 9704)."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from servicedesk.calendars.queries import calendar
from servicedesk.clock import clock
from servicedesk.core.meetings import KIND_NAMES, chinese_number
from servicedesk.core.permissions import Actor
from servicedesk.enterprises.queries import names as enterprise_names
from servicedesk.meetings.models import Decision, Meeting
from servicedesk.meetings.queries import Line, Matter, agenda, decisions_of
from servicedesk.organisation.queries import park
from servicedesk.reports.official import Paper

NONE_DECIDED = "本次会议没有形成议定事项。"


def write(actor: Actor, meeting: Meeting, path: Path) -> None:
    """Write the minutes; confidential matters appear with their number and unit only."""
    paper = Paper()
    paper.title(f"{park(meeting.park_id).name}联席会议纪要")
    paper.centred(meeting.title)
    _opening(paper, meeting)
    matters, decided = agenda(actor, meeting.id), decisions_of(actor, meeting.id)
    valid = [line for line in decided if line.decision.state != "cancelled"]
    parts = iter(range(1, 10))
    paper.heading(f"{chinese_number(next(parts))}、会议议题")
    _matters(paper, matters)
    paper.heading(f"{chinese_number(next(parts))}、议定事项")
    _decisions(paper, matters, valid)
    if meeting.summary:
        paper.heading(f"{chinese_number(next(parts))}、会议情况")
        for text in filter(None, (line.strip() for line in meeting.summary.splitlines())):
            paper.paragraph("", [(text, 0)])
    local = calendar(meeting.park_id).local(clock.now())
    paper.small(f"本纪要由系统于{local:%Y-%m-%d %H:%M}生成；议定事项的落实情况以系统记录为准。")
    paper.document.save(str(path))


def _opening(paper: Paper, meeting: Meeting) -> None:
    local = calendar(meeting.park_id).local(meeting.starts_at)
    lines = (
        ("时间：", f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"),
        ("地点：", meeting.place or "—"),
        ("主持：", meeting.chair or "—"),
        ("出席：", meeting.attendees or "—"),
    )
    for lead, text in lines:
        paper.paragraph(lead, [(text, 0)])


def _matters(paper: Paper, matters: Sequence[Matter]) -> None:
    if not matters:
        paper.paragraph("", [("本次会议没有来自工单的议题。", 0)])
    firms = enterprise_names({matter.ticket.enterprise_id for matter in matters})
    for number, matter in enumerate(matters, start=1):
        ticket = matter.ticket
        kind = KIND_NAMES[matter.item.kind]
        unit = f"承办单位：{matter.unit}。" if matter.unit else ""
        if ticket.confidential:
            text = f"敏感事项，工单{ticket.number}。{unit}"
        else:
            firm = firms.get(ticket.enterprise_id, "")
            text = f"{firm}“{ticket.title}”（工单{ticket.number}）。{unit}"
            text += f"{matter.why.rstrip('。')}。" if matter.why else ""
        paper.paragraph(f"（{chinese_number(number)}）{kind}。", [(text, 0)])


def _decisions(paper: Paper, matters: Sequence[Matter], decided: Sequence[Line]) -> None:
    """Write the decisions under their matters, then those that belong to none."""
    if not decided:
        paper.paragraph("", [(NONE_DECIDED, 0)])
        return
    number = 0
    for position, matter in enumerate(matters, start=1):
        own = [line for line in decided if line.decision.agenda_item_id == matter.item.id]
        if own:
            number += 1
            what = f"关于议题（{chinese_number(position)}）"
            _group(paper, number, what, own)
    known = {matter.item.id for matter in matters}
    free = [line for line in decided if line.decision.agenda_item_id not in known]
    if free:
        _group(paper, number + 1, "其他议定事项", free)


def _group(paper: Paper, number: int, what: str, lines: Iterable[Line]) -> None:
    paper.paragraph(f"（{chinese_number(number)}）{what}", [])
    for position, line in enumerate(lines, start=1):
        paper.paragraph("", [(f"{position}.{_sentence(line.decision, line)}", 0)])


def _sentence(decision: Decision, line: Line) -> str:
    due = decision.due_on
    owner = f"，责任人：{line.owner}" if line.owner else ""
    return (
        f"{decision.text.rstrip('。')}。责任单位：{line.unit}{owner}；"
        f"完成期限：{due.year}年{due.month}月{due.day}日。"
    )
