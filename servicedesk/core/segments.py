"""Office hours (办公时间) of a day: segments, and the text in which people write them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

MINUTES_PER_DAY = 24 * 60
_SEGMENT_TEXT = re.compile(r"([0-9]{2}):([0-5][0-9])-([0-9]{2}):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of working hours (时段) ``[start, end)`` in minutes of the local day.

    09:00-12:00 is ``Segment(540, 720)``; an end of 1440 is midnight at the end of the day.

    Raises:
        ValueError: unless ``0 <= start < end <= 1440``.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= MINUTES_PER_DAY:
            raise ValueError(
                f"a segment needs 0 <= start < end <= {MINUTES_PER_DAY} minutes, "
                f"got {self.start} and {self.end}"
            )


DEFAULT_SEGMENTS: tuple[Segment, ...] = (Segment(540, 720), Segment(810, 1050))
"""Default office hours (默认办公时间): 09:00-12:00 and 13:30-17:30, 420 working minutes a day."""


def parse_segments(text: str) -> tuple[Segment, ...]:
    """Read office hours (办公时间) such as ``"09:00-12:00,13:30-17:30"``.

    Blanks around a segment are ignored; ``24:00`` is a legal end.  Segments may touch.

    Raises:
        ValueError: the text is empty, badly formed, out of order or overlapping; the message
            is one sentence naming the part at fault.
    """
    if not text.strip():
        raise ValueError("the working hours are empty; write for example 09:00-12:00,13:30-17:30")
    segments = tuple(_parse_segment(part.strip()) for part in text.split(","))
    check_order(segments)
    return segments


def format_segments(segments: Iterable[Segment]) -> str:
    """Write office hours (办公时间) so that :func:`parse_segments` reads them back."""
    return ",".join(_format_segment(segment) for segment in segments)


def _parse_segment(text: str) -> Segment:
    """Read one segment such as ``09:00-12:00``."""
    match = _SEGMENT_TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"the working hours {text!r} are not of the form HH:MM-HH:MM")
    from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
    try:
        return Segment(from_hour * 60 + from_minute, to_hour * 60 + to_minute)
    except ValueError:
        raise ValueError(
            f"the working hours {text!r} must end after they start and lie within 00:00-24:00"
        ) from None


def _format_segment(segment: Segment) -> str:
    return f"{_format_time(segment.start)}-{_format_time(segment.end)}"


def _format_time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def check_order(segments: Iterable[Segment]) -> None:
    """Raise ``ValueError`` unless the segments follow each other; they may touch."""
    for before, after in pairwise(segments):
        pair = f"{_format_segment(before)} and {_format_segment(after)}"
        if after.end <= before.start:
            raise ValueError(f"the working hours {pair} are not in order of time")
        if after.start < before.end:
            raise ValueError(f"the working hours {pair} overlap")
