"""The one clock (时钟): everything asks it, and tests and the demo year set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


class Clock:
    """Tells the time in UTC; ``at`` holds it still."""

    def __init__(self) -> None:
        self._fixed: datetime | None = None

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return self._fixed or datetime.now(UTC)

    def set(self, moment: datetime | None) -> None:
        """Hold the clock at ``moment`` (aware), or let it run again with ``None``."""
        if moment is not None and moment.tzinfo is None:
            raise ValueError("the clock needs an aware moment")
        self._fixed = moment.astimezone(UTC) if moment else None

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Hold the clock at ``moment`` for the length of the block."""
        before = self._fixed
        self.set(moment)
        try:
            yield
        finally:
            self._fixed = before


clock = Clock()
