"""Publishing a version of the rules (发布办理规则); a published version never changes."""

from collections.abc import Mapping

from sqlalchemy import select, update

from servicedesk.audit.actions import record
from servicedesk.clock import clock
from servicedesk.core.permissions import Actor, Subject, allows
from servicedesk.core.rules import BY_KEY, DEFAULT_RULES, differences, faults, rules_from, values_of
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Faulty, Refused
from servicedesk.extensions import db
from servicedesk.organisation.models import Park
from servicedesk.rules.models import RuleSet
from servicedesk.rules.queries import rules_at
from servicedesk.transaction import changed_rows, unit_of_work

NOTE_MAX = 200


@unit_of_work
def begin(park_id: int) -> None:
    """Write the defaults down as version 1, if the park has no version yet."""
    known = select(RuleSet.id).where(RuleSet.park_id == park_id, RuleSet.version == 1)
    if db.session.scalar(known) is None:
        first = RuleSet(
            park_id=park_id, version=1, values=values_of(DEFAULT_RULES), published_at=clock.now()
        )
        db.session.add(first)
        db.session.flush()


@unit_of_work
def publish(actor: Actor, values: Mapping[str, int], note: str, seen_version: int) -> RuleSet:
    """Make the next version; what is filed from now on runs under it, nothing else is touched.

    ``values`` holds numbers by ``core.rules`` name, what it leaves out stays; ``note`` says why;
    ``seen_version`` is the version that the person's form showed.

    Raises:
        Refused: not permitted, no reason, or nothing is different.
        Faulty: a number is out of its bounds, or the numbers contradict each other.
        Conflict: somebody has published since.
        KeyError: a name is not in the rules.
    """
    require_editor(actor)
    version = _raise_version(actor.park_id, seen_version)
    before = rules_at(actor.park_id, seen_version)
    wanted = {**values_of(before), **{key: values[BY_KEY[key].key] for key in values}}
    if found := faults(wanted):
        raise Faulty(found)
    note = note.strip()
    if not note or len(note) > NOTE_MAX:
        raise Refused(N_("请写明为什么修改，不超过二百字。"), field="note")
    changed = differences(before, rules_from(wanted))
    if not changed:
        raise Refused(N_("没有改动，不需要发布。"))
    begin(actor.park_id)
    made = RuleSet(
        park_id=actor.park_id, version=version, values=wanted, note=note,
        published_by_id=actor.user_id, published_at=clock.now(),
    )  # fmt: skip
    db.session.add(made)
    record(
        actor, "rules.publish", "rule_set", version,
        {"version": seen_version} | {one.term.key: one.before for one in changed},
        {"version": version, "note": note} | {one.term.key: one.after for one in changed},
    )  # fmt: skip
    return made


def require_editor(actor: Actor) -> None:
    """Let only those go on who may change the park's rules.

    Raises:
        Refused: the person may not.
    """
    if not allows(actor, "rules.edit", Subject(actor.park_id)):
        raise Refused(N_("您没有执行此操作的权限。"), kind="permission")


def _raise_version(park_id: int, seen: int) -> int:
    """Take the next number for this transaction alone; the row decides between two people."""
    claim = (
        update(Park)
        .where(Park.id == park_id, Park.rules_version == seen)
        .values(rules_version=seen + 1)
        .execution_options(synchronize_session="fetch")
    )
    if changed_rows(claim) != 1:
        current = db.session.scalar(select(Park.rules_version).where(Park.id == park_id))
        raise Conflict(seen, current or 0)
    return seen + 1
