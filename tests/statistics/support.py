"""What the statistics show, as tests ask for it."""

from servicedesk.clock import clock
from servicedesk.statistics.counts import numbers_of, span_of
from servicedesk.statistics.cutting import Figures, Numbers
from tests.support import Town


def counted_in(town: Town, period: str) -> dict[str, Numbers]:
    """Return the numbers of ``2024`` or ``2024-03`` by cut, as they are now."""
    return numbers_of(Figures(town.park_id, clock.now()), span_of(period))
