"""Reading who is at work: people, shifts, leave, skills."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import or_, select

from servicedesk.accounts.models import User
from servicedesk.accounts.queries import user as get_user
from servicedesk.calendars.queries import calendar
from servicedesk.core.duty import DEFAULT_SHIFT, Away, Day, day_of, on_duty
from servicedesk.core.duty import Shift as Hours
from servicedesk.core.permissions import STAFF, Actor, Scope, Subject, allows, scope_of
from servicedesk.duty.models import Absence, Handover, Shift, Skill
from servicedesk.extensions import db


@dataclass(slots=True)
class Duty:
    """When a person works, is away, and what the person is good at."""

    shift: Hours = DEFAULT_SHIFT
    absences: list[Away] = field(default_factory=list)
    skills: list[str] = field(default_factory=list)


def duties(people: Iterable[int], since: date) -> dict[int, Duty]:
    """Return the duty of each person, with the leave that ends on ``since`` or later."""
    wanted = sorted(set(people))
    found = {number: Duty() for number in wanted}
    for row in db.session.scalars(select(Shift).where(Shift.user_id.in_(wanted))):
        found[row.user_id].shift = Hours(
            row.weekdays, row.make_up_days, row.start_minute, row.end_minute
        )
    for away in absences_of(wanted, since):
        found[away.user_id].absences.append(Away(away.first_day, away.last_day))
    for skill in db.session.scalars(
        select(Skill).where(Skill.user_id.in_(wanted)).order_by(Skill.code)
    ):
        found[skill.user_id].skills.append(skill.code)
    return found


def absences_of(people: Collection[int], since: date) -> Sequence[Absence]:
    """Return the leave of people that is not over on ``since``, the earliest first."""
    query = select(Absence).where(
        Absence.user_id.in_(list(people)), Absence.last_day >= since, Absence.cancelled_at.is_(None)
    )
    return db.session.scalars(query.order_by(Absence.first_day, Absence.id)).all()


def there(park_id: int, people: Sequence[User], moment: datetime) -> dict[int, Duty]:
    """Return the duty of those who are at work when something that comes at ``moment`` is received.

    What comes in the evening is received when the park opens again (民法典 §203).
    """
    hours = calendar(park_id)
    received = hours.next_working_moment(moment)
    known = duties([one.id for one in people], hours.local(received).date())
    return {
        number: duty
        for number, duty in known.items()
        if on_duty(hours, received, duty.shift, duty.absences)
    }


def away_today(park_id: int, people: Collection[int], day: date) -> dict[int, Day]:
    """Return those who are not at work on ``day``, and why not."""
    hours, known = calendar(park_id), duties(people, day)
    stand = {
        number: day_of(hours, day, duty.shift, duty.absences) for number, duty in known.items()
    }
    return {number: one for number, one in stand.items() if one in (Day.AWAY, Day.REST)}


def staff_of_unit(unit_id: int) -> Sequence[User]:
    """Return the active staff of a unit, whatever their part."""
    query = select(User).where(User.unit_id == unit_id, User.active, User.role.in_(sorted(STAFF)))
    return db.session.scalars(query.order_by(User.id)).all()


def colleagues(actor: Actor, permission: str) -> Sequence[User]:
    """Return the active staff whom the person reaches with ``permission``: the unit's, or the park's."""
    query = select(User).where(
        User.park_id == actor.park_id, User.active, User.role.in_(sorted(STAFF)),
        User.unit_id.is_not(None),
    )  # fmt: skip
    if scope_of(actor.role, permission) is not Scope.PARK:
        query = query.where(User.unit_id == (actor.unit_id or 0))
    return db.session.scalars(query.order_by(User.unit_id, User.id)).all()


def reaches(actor: Actor, permission: str, person: User) -> bool:
    """Tell whether the person may do this about a colleague."""
    return allows(actor, permission, Subject(person.park_id, unit_id=person.unit_id))


def colleague(actor: Actor, permission: str, person_id: int) -> User | None:
    """Return a colleague whom the person reaches; any other does not exist."""
    person = get_user(person_id)
    if person is None or person.unit_id is None or person.role not in STAFF:
        return None
    return person if reaches(actor, permission, person) else None


def absence(absence_id: int) -> Absence | None:
    """Return one leave by its row number."""
    return db.session.get(Absence, absence_id)


def handovers(actor: Actor, limit: int = 20) -> Sequence[Handover]:
    """Return the latest hand-overs that concern people whom the person reaches."""
    people = [one.id for one in colleagues(actor, "ticket.hand_over")]
    query = select(Handover).where(
        Handover.park_id == actor.park_id,
        or_(Handover.from_id.in_(people), Handover.by_id == actor.user_id),
    )
    return db.session.scalars(query.order_by(Handover.id.desc()).limit(limit)).all()
