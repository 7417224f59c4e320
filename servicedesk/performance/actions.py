"""Publishing weights (发布权重), contesting a result and answering (申诉与答复); each leaves a trace."""

from collections.abc import Iterable, Mapping

from sqlalchemy import update

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import holding
from servicedesk.accounts.queries import user as get_user
from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.performance import BY_KEY, DEFAULT_WEIGHTS, faults
from servicedesk.core.permissions import PERMISSIONS, Actor, Role, allows
from servicedesk.core.permissions import Subject as Where
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Faulty, Refused
from servicedesk.extensions import db
from servicedesk.notifications.actions import tell
from servicedesk.organisation.models import Park
from servicedesk.performance.models import PerformanceNote, PerformanceWeights
from servicedesk.performance.queries import (
    Kind,
    current_weights,
    note,
    notes_on,
    period_of,
    versions,
)
from servicedesk.performance.reach import may_contest
from servicedesk.performance.results import Subject
from servicedesk.statistics.cutting import Span
from servicedesk.transaction import changed_rows, unit_of_work

REASON_MAX = 200
TEXT_MAX = 500
_REFUSED = N_("您没有执行此操作的权限。")


@unit_of_work
def publish(
    actor: Actor, values: Mapping[str, int], reason: str, seen_version: int
) -> PerformanceWeights:
    """Make the next version; it holds for periods that have not ended yet, former results stay.

    ``values`` holds weights by ``core.performance`` key, what it leaves out stays; ``reason`` says
    why; ``seen_version`` is the version that the person's form showed.

    Raises:
        Refused: not permitted, no reason, or nothing is different.
        Faulty: a weight is out of its bounds, or together they make no score.
        Conflict: somebody has published since.
        KeyError: a name is no component.
    """
    if not allows(actor, "performance.weigh", Where(actor.park_id)):
        raise Refused(_REFUSED, kind="permission")
    db.session.get_one(Park, actor.park_id, with_for_update=True)  # one at a time in each park
    before = current_weights(actor.park_id)
    if before.version != seen_version:
        raise Conflict(seen_version, before.version)
    wanted = {**before.values, **{BY_KEY[key].key: value for key, value in values.items()}}
    if found := faults(wanted):
        raise Faulty(found)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Refused(N_("请写明为什么修改，不超过二百字。"), field="note")
    changed = [key for key in wanted if wanted[key] != before.values[key]]
    if not changed:
        raise Refused(N_("没有改动，不需要发布。"))
    _begin(actor.park_id)
    made = PerformanceWeights(
        park_id=actor.park_id, version=before.version + 1, values=wanted, note=reason,
        published_by_id=actor.user_id, published_at=clock.now(),
    )  # fmt: skip
    db.session.add(made)
    record(
        actor, "performance.weigh", "performance_weights", made.version,
        {"version": before.version} | {key: before.values[key] for key in changed},
        {"version": made.version, "note": reason} | {key: wanted[key] for key in changed},
    )  # fmt: skip
    return made


def _begin(park_id: int) -> None:
    """Write the defaults down as version 1, if the park has no version yet."""
    if not versions(park_id):
        first = PerformanceWeights(
            park_id=park_id, version=1, values=dict(DEFAULT_WEIGHTS), note="",
            published_at=clock.now(),
        )  # fmt: skip
        db.session.add(first)
        db.session.flush()


@unit_of_work
def contest(actor: Actor, subject: Subject, span: Span, text: str) -> PerformanceNote:
    """Say what is wrong with a result (申诉); those who answer hear of it.

    Raises:
        Refused: not permitted, nothing said, or a note on this result is still waiting.
    """
    if not may_contest(actor, subject):
        raise Refused(_REFUSED, kind="permission")
    text = text.strip()
    if not text or len(text) > TEXT_MAX:
        raise Refused(N_("请写明哪里不对、依据是什么，不超过五百字。"), field="text")
    db.session.get_one(Park, actor.park_id, with_for_update=True)  # two clicks are one note
    known = notes_on(actor.park_id, subject.kind, subject.id, span)
    if any(one.answered_at is None for one in known):
        raise Refused(N_("这个结果已有一条申诉在等待答复。"), field="text")
    made = PerformanceNote(
        park_id=actor.park_id, subject=subject.kind, subject_id=subject.id,
        starts_on=span.start, ends_on=span.end, text=text, by_id=actor.user_id, at=clock.now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    record(actor, "performance.contest", "performance_note", made.id, after=_snapshot(made))
    _tell(actor, made, _judges(actor.park_id), N_("有一条绩效申诉等待答复。"), text)
    return made


@unit_of_work
def answer(actor: Actor, note_id: int, text: str) -> PerformanceNote:
    """Answer a note, once; whoever contested hears of it, and so do the others who could answer.

    Raises:
        Refused: not permitted, one's own note, nothing said, or answered already.
        KeyError: there is no such note.
    """
    if not allows(actor, "performance.answer", Where(actor.park_id)):
        raise Refused(_REFUSED, kind="permission")
    found = note(actor.park_id, note_id)
    if found is None:
        raise KeyError(note_id)
    if found.by_id == actor.user_id:
        raise Refused(N_("自己提出的申诉须由他人答复。"), field="answer")
    text = text.strip()
    if not text or len(text) > TEXT_MAX:
        raise Refused(N_("请写明答复，不超过五百字。"), field="answer")
    claim = (
        update(PerformanceNote)
        .where(PerformanceNote.id == note_id, PerformanceNote.answered_at.is_(None))
        .values(answer=text, answered_by_id=actor.user_id, answered_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )
    if changed_rows(claim) != 1:
        raise Refused(N_("这条申诉已经答复。"), field="answer")
    record(
        actor, "performance.answer", "performance_note", note_id, {"text": found.text},
        {"answer": text},
    )  # fmt: skip
    people = [*_contested_by(found), *_judges(actor.park_id)]
    _tell(actor, found, people, N_("绩效申诉已答复。"), text, "answer")
    return found


def _judges(park_id: int) -> list[User]:
    """Return those who may answer."""
    roles = [role for role in PERMISSIONS["performance.answer"] if role is not Role.SYSTEM]
    return [person for role in roles for person in holding(park_id, role)]


def _contested_by(made: PerformanceNote) -> list[User]:
    """Return whoever wrote a note, and for a unit its heads."""
    heads = (
        holding(made.park_id, Role.UNIT_HEAD, made.subject_id) if made.subject == Kind.UNIT else []
    )
    author = get_user(made.by_id)
    return [*([author] if author is not None and author.active else []), *heads]


def _tell(
    actor: Actor,
    made: PerformanceNote,
    people: Iterable[User],
    text: str,
    detail: str,
    what: str = "note",
) -> None:
    tell(
        [person for person in people if person.id != actor.user_id], text,
        key=f"performance:{made.id}:{what}", detail=detail[:200],
        link=f"/insight/performance/notes/{made.id}",
    )  # fmt: skip


def _snapshot(made: PerformanceNote) -> dict[str, object]:
    return {
        "subject": made.subject, "subject_id": made.subject_id, "text": made.text,
        "period": period_of(made.starts_on, made.ends_on),
    }  # fmt: skip
