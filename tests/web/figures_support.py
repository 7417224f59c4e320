"""What the tests of the dashboard start from: a busy afternoon and the days that it lies in."""

from datetime import date

from servicedesk.clock import clock
from servicedesk.core.spans import free
from servicedesk.statistics.facts import build
from tests.statistics.histories import WORK
from tests.support import Town, local
from tests.web.queue_support import varied

DONE = (*WORK, "confirm", "rate", "close")
THIS_YEAR = free(date(2024, 1, 1), date(2024, 12, 31))


def busy(town: Town) -> None:
    """A mixed afternoon, some tickets delivered, one of them confidential, and a later month."""
    varied(town)
    town.walk(town.file(), *DONE)
    town.walk(town.file("bob", channel="phone"), *DONE)
    town.walk(town.file("bob", "H01", title="与员工的劳动争议"), *DONE)
    clock.set(local("2024-04-09 10:00"))
    town.walk(town.file(), *WORK, "dispute", "resolve", "confirm", "rate", "close")
    town.walk(town.file("bob", "C01"), *DONE)
    town.file("bob")
    build(town.park_id)
