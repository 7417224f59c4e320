"""The jobs (定时任务): each asks the database what is due at the clock's moment, and does it.

A job keeps no state of its own, so whatever a stopped scheduler has missed, the next run does. One
ticket that fails is logged and passed over; it is due again at the next run.
"""

import logging
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import TypeVar

from flask import current_app

from config import Settings
from servicedesk.accounts.actions import forget_old_attempts
from servicedesk.audit.actions import seal
from servicedesk.calendars.actions import seed
from servicedesk.catalogue.editing import forget_templates
from servicedesk.catalogue.versions import template_files
from servicedesk.clock import clock
from servicedesk.declarations import matching, telling
from servicedesk.enterprises.importing import forget_imports
from servicedesk.extensions import db
from servicedesk.hiring.arrivals import ask_who_stayed, remind_to_confirm
from servicedesk.materials import reminders
from servicedesk.meetings import decisions, gathering
from servicedesk.notifications import digests
from servicedesk.organisation.queries import parks
from servicedesk.packages.actions import end_wait
from servicedesk.packages.queries import waits_over
from servicedesk.problems.actions import close_class, due_closings, due_reminders, remind
from servicedesk.reports import making, subscriptions
from servicedesk.reports.own_templates import stored_templates
from servicedesk.reports.runs import forget_reports
from servicedesk.statistics.facts import build
from servicedesk.tickets import escalation, late_calls, support_clock
from servicedesk.tickets import supplements as supplementing
from servicedesk.tickets.actions import forget_submissions
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.files import sweep
from servicedesk.tickets.queries import stored_names
from servicedesk.tickets.recomputing import recompute_park
from servicedesk.tickets.taking_back import forget_ways_back
from servicedesk.tickets.uploads import forget_uploads
from servicedesk.training.actions import finish_events, remind_of_events
from servicedesk.transaction import remembered
from servicedesk.workbench.drafts import forget_drafts
from servicedesk.workbench.presence import forget_presence

K = TypeVar("K", bound=Hashable)
log = logging.getLogger(__name__)

BATCH = 200
ROUNDS = 50  # at most 10,000 pieces of work for one run of one job; the rest is the next run's
_seeded: dict[str, date] = remembered()


def response() -> int:
    """Note the tickets whose enterprise nobody has contacted in time, and remind the desk."""
    return _work_off(
        lambda limit: escalation.response_breaches(clock.now(), limit), escalation.breach_response
    )


def escalate() -> int:
    """Let every alarm go off that is due, oldest first: warning, overdue, the levels of the ladder.

    An alarm plans its successor, which after an outage is due at once: so this asks again until
    nothing is due any more.
    """
    return _work_off(
        lambda limit: escalation.due_alarms(clock.now(), limit),
        lambda alarm: escalation.fire(*alarm),
    )


def support() -> int:
    """Warn the units that were asked to support a ticket, and alarm where no answer came in time."""
    return _work_off(
        lambda limit: support_clock.due_warnings(clock.now(), limit), support_clock.warn
    ) + _work_off(lambda limit: support_clock.due_alarms(clock.now(), limit), support_clock.alarm)


def calendar() -> int:
    """Reckon the time limits of open tickets anew where the calendar has changed.

    Once a day the calendar itself is filled from the library first, so that a year which has been
    published since is taken over.
    """
    _seed_daily()
    return sum(recompute_park(park.id) for park in parks())


def finish() -> int:
    """Archive tickets that need nobody any more: well rated a day ago, or never rated at all."""
    return _work_off(
        lambda limit: escalation.finished(clock.now(), limit),
        lambda found: escalation.archive(*found),
    )


def materials() -> int:
    """Remind of deferred materials, letters and documents that end, originals that must go back.

    A promise whose date has passed lapses here.
    """
    return (
        _work_off(reminders.due_nudges, lambda found: reminders.give_nudge(*found))
        + _work_off(reminders.due_letters, reminders.tell_letter)
        + _work_off(reminders.due_originals, reminders.tell_originals)
        + _work_off(reminders.due_documents, reminders.tell_document)
    )


def policies() -> int:
    """Match policies with enterprises where either has changed, tell, remind; titles that end too."""
    return (
        _work_off(matching.stale_policies, matching.match_policy)
        + _work_off(matching.stale_enterprises, matching.match_enterprise)
        + _work_off(telling.untold, telling.tell_match)
        + _work_off(telling.due_reminders, lambda found: telling.remind(*found))
        + _work_off(telling.ending_titles, lambda found: telling.remind_of_title(*found))
    )


def events() -> int:
    """Remind of training events of the next day, and record as held those that people came to."""
    return remind_of_events() + finish_events()


def hiring() -> int:
    """Ask enterprises to confirm who came to work, and after 30 days who is still there."""
    return remind_to_confirm() + ask_who_stayed()


def packages() -> int:
    """End the waits of packages (公示期) whose last day is over, and open what comes after them."""
    return _work_off(lambda limit: waits_over(clock.now().astimezone(ZONE).date(), limit), end_wait)


def follow_ups() -> int:
    """Remind of calls that should have been made: after a resolution, after a bad rating."""
    return _work_off(late_calls.late_calls, lambda found: late_calls.remind(*found))


def digest() -> int:
    """Make the collected e-mails of this morning, one for each person who wants them."""
    return _work_off(digests.due, lambda found: digests.make(*found))


def problems() -> int:
    """Remind of problems whose day has passed, and close the classes that have stayed quiet."""
    return _work_off(due_reminders, remind) + _work_off(due_closings, close_class)


def supplements() -> int:
    """Give up what no enterprise has answered in its time, and remind the others (补正)."""
    return _work_off(supplementing.given_up, lambda found: supplementing.abandon(*found)) + (
        _work_off(supplementing.due_reminders, lambda found: supplementing.remind(*found))
    )


def meetings() -> int:
    """Gather what the joint meeting's agenda lacks, and let the alarms of its decisions go off."""
    return (
        _work_off(gathering.missing, gathering.gather)
        + _work_off(decisions.due_warnings, decisions.warn)
        + _work_off(decisions.overdue, decisions.tell_overdue)
    )


def counts() -> int:
    """Bring the built counts of every park up to date."""
    return sum(build(park.id) for park in parks())


def reports() -> int:
    """Make the reports that were asked for, and those of periods that are over (报表订阅)."""
    due = _work_off(subscriptions.due, lambda found: subscriptions.make(*found))
    return due + making.make_waiting()


def audit() -> int:
    """Seal the audit entries that are not in the chain yet."""
    sealed = 0
    for _ in range(ROUNDS):
        new = seal()
        sealed += new
        if new == 0:
            break
    return sealed


def housekeeping() -> int:
    """Forget what nobody needs: loose uploads and their files, old failures to sign in, old keys."""
    settings: Settings = current_app.extensions["settings"]
    rows = forget_uploads() + forget_old_attempts() + forget_submissions()
    rows += forget_templates() + forget_imports()
    rows += forget_drafts() + forget_presence() + forget_ways_back() + forget_reports()
    known = stored_names() | template_files() | stored_templates()
    return rows + sweep(settings.uploads_dir, known)


def _seed_daily() -> None:
    """Remembered in memory only: each scheduler looks once when it starts and once a day."""
    today, database = clock.now().date(), str(db.engine.url)
    if _seeded.get(database) == today:
        return
    for park in parks():
        seed(park.id, until=today.year + 1)
    _seeded[database] = today


def _work_off(find: Callable[[int], Sequence[K]], handle: Callable[[K], bool]) -> int:
    """Handle what ``find`` returns, batch after batch, until nothing is left; count the changes.

    What fails or is refused may stay due, so ``find`` is asked for as many more: it cannot crowd
    out the rest.
    """
    changed = 0
    passed: set[K] = set()
    for _ in range(ROUNDS):
        batch = [key for key in find(BATCH + len(passed)) if key not in passed]
        if not batch:
            break
        for key in batch:
            if _done(handle, key):
                changed += 1
            else:
                passed.add(key)
    return changed


def _done(handle: Callable[[K], bool], key: K) -> bool:
    try:
        return handle(key)
    except Exception:
        log.exception("a job failed for %s; it will be tried again", key)
        return False
