"""Marking a period whose counts are no longer true; written with the change itself."""

from datetime import datetime
from zoneinfo import ZoneInfo

from servicedesk.extensions import db
from servicedesk.statistics.models import CountMark

ZONE = ZoneInfo("Asia/Shanghai")


def mark(park_id: int, *moments: datetime | None) -> None:
    """Mark the months of ``moments`` (local time) for rebuilding; ``None`` is passed over."""
    months = {f"{moment.astimezone(ZONE):%Y-%m}" for moment in moments if moment is not None}
    db.session.add_all(CountMark(park_id=park_id, month=month) for month in sorted(months))
