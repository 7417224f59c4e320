"""The timeline of the desk (办理进度): which entries, which of them folded away, files at their event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servicedesk.core.words import N_
from servicedesk.tickets.models import TicketEvent, Upload
from servicedesk.web.desk.filters import known_of

SHOWS: Mapping[str, str] = {
    "all": N_("全部"),
    "talk": N_("对话"),
    "steps": N_("步骤"),
    "notes": N_("内部备注"),
}
ALARMS = frozenset(
    {"escalate", "response_late", "material_lapsed", "mark_urgent", "urge", "abandon"}
)
LONG, NEWEST = 14, 8  # from how many entries on the old ones fold, and how many stay


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: ``look`` is note, talk, alarm, told or inside."""

    event: TicketEvent
    look: str
    files: Sequence[Upload]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the page shows: ``older`` lie folded, ``counts`` says how many each filter has."""

    show: str
    older: Sequence[Line]
    newer: Sequence[Line]
    counts: Mapping[str, int]


def kind_of(event: TicketEvent) -> str:
    """Return the filter that an event belongs to."""
    return {"message": "talk", "note": "notes"}.get(event.kind, "steps")


def timeline_of(events: Sequence[TicketEvent], uploads: Sequence[Upload]) -> Timeline:
    """Return the entries that the address asks for, oldest first."""
    show = known_of("show", SHOWS, "all")
    counts = dict.fromkeys(SHOWS, 0)
    files: dict[int | None, list[Upload]] = {}
    for upload in uploads:
        files.setdefault(upload.event_id, []).append(upload)
    lines = []
    for event in events:
        kind = kind_of(event)
        counts[kind] += 1
        counts["all"] += 1
        if show in ("all", kind):
            lines.append(Line(event, _look(event), files.get(event.id, ())))
    folded = len(lines) - NEWEST if len(lines) > LONG else 0
    return Timeline(show, lines[:folded], lines[folded:], counts)


def _look(event: TicketEvent) -> str:
    if event.kind == "note":
        return "note"
    if event.kind == "message":
        return "talk"
    if event.kind in ALARMS:
        return "alarm"
    return "told" if event.shown else "inside"
