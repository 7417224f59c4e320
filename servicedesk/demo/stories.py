"""A story: one ticket of the demo as data, before it happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Story:
    """What will happen to one ticket; the office's hours and the clocks decide when exactly.

    ``pace`` is the share of the allowed time that the unit uses; ``late`` the working days after
    the due time. ``outcomes`` are in the metric's own unit; ``None`` takes the item's usual ones.
    ``stop`` names the step before which the ticket stands at the end of the demo. ``declares`` is
    the policy under which the enterprise declares with this ticket's help, ``verdict`` what comes of it.
    """

    item: str
    firm: str
    at: datetime
    channel: str = "portal"
    answers: Mapping[str, Any] = field(default_factory=dict)
    outcomes: Mapping[str, float] | None = None
    done: int | None = None
    result: str = "solved"
    pace: float = 0.5
    late: float = 0.0
    ending: str = "closed"
    stop: str = ""
    resolve_from: datetime | None = None
    returned: bool = False
    supplement: bool = False
    extension: str = ""
    confirms: bool = False
    disputes: bool = False
    misses: int = 0
    rating: int | None = 5
    after_bad: str = "rework"
    assigned: bool = False
    messages: int = 0
    note: bool = False
    files: int = 0
    declares: str = ""
    verdict: str = ""
