"""From results to a table in ratios, in Markdown and in JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.client import Result

FIGURES: Mapping[str, str] = {
    "statistics": "/insight/",
    "dashboard": "/insight/figures?period=year",
    "cut": "/insight/figures?period=year&industry=C&scale=small&by=category",
    "loop": "/insight/loop",
    "performance": "/insight/performance",
}
"""Our pages of statistics, each compared with the one that the peer has."""
NAMES: Mapping[str, str] = {
    "list_all": "list of all tickets",
    "list_open": "list of open tickets",
    "search": "search for two Chinese characters",
    "ticket": "ticket page",
    "statistics": "statistics page",
    "dashboard": "dashboard, a year by unit",
    "cut": "dashboard, industry and scale",
    "loop": "loop",
    "performance": "performance",
    "create": "create a ticket",
}
GOALS: Mapping[str, int] = {
    "list_all": 20,
    "search": 50,
    "ticket": 8,
    **dict.fromkeys(FIGURES, 500),
    "create": 3,
}
HEADINGS = ("", "ours /s", "p50 ms", "p95 ms", "django-helpdesk /s", "p50 ms", "p95 ms", "ratio",
            "goal", "errors")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """One task of both products."""

    task: str
    ours: Result
    theirs: Result

    @property
    def ratio(self) -> float:
        """How many times as many answers a second ours gives."""
        return self.ours.rate / self.theirs.rate if self.theirs.requests else float("nan")

    @property
    def met(self) -> bool:
        """Whether the goal is reached; what has none always does."""
        return self.ratio >= GOALS.get(self.task, 0)


def table(comparisons: Sequence[Comparison]) -> str:
    """Return the Markdown table."""
    lines = [HEADINGS, ("---", *["---:"] * (len(HEADINGS) - 1)), *map(_cells, comparisons)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(one: Comparison) -> tuple[str, ...]:
    goal = f"× {GOALS[one.task]}" if one.task in GOALS else ""
    errors = f"{one.ours.errors} / {one.theirs.errors}"
    ratio = f"**× {_short(one.ratio)}**" if one.met else f"× {_short(one.ratio)} (missed)"
    return (NAMES[one.task], *_speed(one.ours), *_speed(one.theirs), ratio, goal, errors)


def _speed(result: Result) -> tuple[str, str, str]:
    return _short(result.rate), f"{result.p50_ms:,.0f}", f"{result.p95_ms:,.0f}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def machine() -> dict[str, str]:
    """Return what the numbers were measured on."""
    busy = " ".join(f"{load:.1f}" for load in os.getloadavg())
    return {
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": busy,
    }


def save(path: Path, comparisons: Sequence[Comparison], about: Mapping[str, object]) -> None:
    """Write everything that was measured."""
    found = {
        one.task: {
            "ours": {**asdict(one.ours), "rate": one.ours.rate},
            "theirs": {**asdict(one.theirs), "rate": one.theirs.rate},
            "ratio": one.ratio,
        }
        for one in comparisons
    }
    path.write_text(json.dumps({**about, "results": found}, ensure_ascii=False, indent=1) + "\n")
