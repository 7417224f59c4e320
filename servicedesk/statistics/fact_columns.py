"""What a fact is made of (统计事实的列), and how many of them become one value of the database.

Facts are rows of one NumPy record. References and minutes that are not there are ``NONE``; days are
``date.toordinal`` numbers of the park's local day, 0 where there is none.
"""

import zlib
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from servicedesk.core.channels import CHANNELS
from servicedesk.core.standing import STATE_CODES

Facts = NDArray[Any]
"""Facts of :data:`FACT`, in the order of their tickets."""

FACT = np.dtype(
    [
        ("ticket_id", "i8"),
        ("submitted_on", "i4"), ("submitted_hour", "i1"),
        ("delivered_on", "i4"),  # the day of resolution, once it is archived
        ("settling_on", "i4"),  # the day of resolution, while it is not archived yet
        ("item_id", "i4"), ("unit_id", "i4"), ("handler_id", "i4"), ("enterprise_id", "i4"),
        ("channel", "i1"),
        ("urgent", "?"), ("repeated", "?"),
        ("response", "i1"), ("response_due", "i8"), ("response_minutes", "i4"),
        ("answered", "?"), ("solved", "?"), ("followed", "?"), ("rating", "i1"), ("on_time", "?"),
        ("used_minutes", "i4"), ("promised_minutes", "i4"),
        ("limited_by_law", "?"), ("saved_minutes", "i4"),
        ("returns", "i2"), ("extensions", "i2"), ("supplements", "i2"), ("reopenings", "i2"),
        ("urges", "i2"), ("level", "i1"), ("false_resolution", "?"), ("rectified", "i1"),
        ("open", "?"), ("state", "i1"), ("reached", "i1"), ("ladder", "i1"),
        ("due_at", "i8"), ("contact_due", "i8"),
    ]
)  # fmt: skip
"""``response`` is a ``core.tallies.Response``; limits are in seconds since 1970 UTC; ``level`` is the
highest that it reached, ``ladder`` where it stands; ``rectified`` whether a bad rating was put right in time;
``state`` a code of ``core.standing``, ``reached`` its ``Reached``; ``contact_due`` is there until the call."""

CHANNEL_CODES = {name: code for code, name in enumerate(CHANNELS, 1)}
CHANNEL_NAMES = {code: name for name, code in CHANNEL_CODES.items()}
LAYOUT = blake2b(f"{FACT.descr} {CHANNEL_CODES} {STATE_CODES}".encode(), digest_size=8).hexdigest()
"""The shape of what is stored: facts of another shape are built again."""
_QUICK = 1  # zlib's level: a third of the size at a tenth of the time


def no_facts() -> Facts:
    """Return an empty array of facts."""
    return np.zeros(0, dtype=FACT)


def pack(facts: Facts) -> tuple[bytes, str]:
    """Return facts as a value for the database, and the digest of what it says."""
    plain = facts.tobytes()
    return zlib.compress(plain, _QUICK), blake2b(plain, digest_size=8).hexdigest()


def unpack(data: bytes) -> Facts:
    """Return the facts of a stored value."""
    return np.frombuffer(zlib.decompress(data), dtype=FACT)
