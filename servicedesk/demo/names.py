"""Believable names and reserved-looking telephone numbers, each given out once."""

from collections.abc import Iterator
from pathlib import Path

import yaml

DATA = Path(__file__).parent / "data"


def people() -> Iterator[str]:
    """Yield names, none twice: surnames and given names walk past each other."""
    words = yaml.safe_load((DATA / "names.yaml").read_text(encoding="utf-8"))
    surnames, given = words["surnames"].split(), words["given"].split()
    for serial in range(len(surnames) * len(given)):
        shift = serial // len(surnames)
        yield surnames[serial % len(surnames)] + given[(serial * 7 + shift) % len(given)]


def phones() -> Iterator[str]:
    """Yield numbers around 138 0013 8000, the number of examples; none belongs to our people."""
    for serial in range(10_000):
        yield f"1380013{serial:04d}"
