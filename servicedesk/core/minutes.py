"""Moments as whole minutes since 1970-01-01T00:00Z, the numbers that working time is counted in."""

from datetime import UTC, datetime, timedelta

MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def aware(moment: datetime) -> datetime:
    """Return ``moment``.

    Raises:
        ValueError: it is naive.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"an aware moment is needed, {moment.isoformat()} has no time zone")
    return moment


def to_minutes(moment: datetime) -> int:
    """Return the whole minutes since 1970-01-01T00:00Z; seconds are dropped."""
    return (aware(moment) - _EPOCH) // MINUTE


def to_moment(minutes: int) -> datetime:
    """Return the moment so many minutes after 1970-01-01T00:00Z."""
    return _EPOCH + minutes * MINUTE
