"""Views that the desk's head and a unit's head keep and share (自定义视图)."""

from datetime import datetime, timedelta
from random import Random

from servicedesk.core.permissions import Role
from servicedesk.demo.cast import Cast
from servicedesk.demo.loop import Moments
from servicedesk.workbench.saved_views import save_view

SHARED = (
    ("融资类在办", {"view": "open", "category": "D", "sort": "due"}),
    ("12345转办未结", {"view": "open", "channel": "12345"}),
)


def keeping(cast: Cast, now: datetime, seed: int) -> Moments:
    """Yield the moment at which the views are saved, and save them."""
    chance = Random(seed)
    yield now - timedelta(days=20)
    head = cast.holder(Role.DESK_HEAD, chance)
    for name, query in SHARED:
        save_view(head, name, query, "park")
    unit = cast.holder(Role.UNIT_HEAD, chance)
    save_view(unit, "本单位最先到期", {"view": "unit", "sort": "due"}, "unit")
