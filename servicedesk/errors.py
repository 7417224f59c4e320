"""What actions raise when they refuse (业务错误); each carries a sentence for the person."""

from collections.abc import Mapping


class Refused(Exception):
    """The action is not open: not permitted, wrong state, a guard, or a missing input.

    ``reason`` is Chinese source text, translated where it is shown; ``field`` names the input.
    """

    def __init__(self, reason: str, *, field: str | None = None, kind: str = "guard") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.kind = kind


class Faulty(Refused):
    """Numbers that cannot be published; ``faults`` says for each key why."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        key, reason = next(iter(faults.items()))
        super().__init__(reason, field=key)
        self.faults = dict(faults)


class Conflict(Exception):
    """Somebody changed the object since the form was shown: ``seen`` is the form's version."""

    def __init__(self, seen: int, current: int) -> None:
        super().__init__(f"version {seen} was shown, {current} is current")
        self.seen = seen
        self.current = current


class KeyReused(Exception):
    """An idempotency key came back with different content."""
