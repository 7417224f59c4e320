"""The workflow's diagram and table, written from ``core.workflow.TRANSITIONS``.

    python -m scripts.diagram            prints the Mermaid diagram
    python -m scripts.diagram --write    also rewrites its part of docs/architecture.md

The part lies between two markers; ``tests/test_documents.py`` fails when it is out of date.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from servicedesk.core.permissions import PERMISSIONS, Role
from servicedesk.core.workflow import ENDS, STATE_NAMES, TRANSITIONS, State, Transition

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "architecture.md"
BEGIN = "<!-- workflow: begin; written by python -m scripts.diagram --write -->"
END = "<!-- workflow: end -->"
ANYWHERE = 5  # states


def words(name: str) -> str:
    """Return a code name as English words."""
    return name.replace("_", " ")


def mermaid() -> str:
    """Return the states and the steps between them; steps with the same ends share an arrow."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{words(state)}" as {state}' for state in State if "_" in state]
    lines.append(f"    [*] --> {State.SUBMITTED} : submit")
    for (source, target), names in _arrows().items():
        lines.append(f"    {source} --> {target} : {' / '.join(names)}")
    lines += [f"    {state} --> [*]" for state in State if state in ENDS]
    return "\n".join(lines)


def _arrows() -> dict[tuple[State, State], list[str]]:
    """Return the arrows; what can be done nearly anywhere and moves nothing is in the table only."""
    found: dict[tuple[State, State], list[str]] = {}
    moving = [step for step in TRANSITIONS if step.target or len(step.sources) < ANYWHERE]
    for source in State:
        for step in moving:
            if source in step.sources:
                found.setdefault((source, step.target or source), []).append(words(step.name))
    return found


def table() -> str:
    """Return one row for each step: from where to where, who may, what it needs, the guards."""
    head = "| step | 按钮 | from | to | who may | needs | guards | clock |"
    return "\n".join([head, "|---" * 8 + "|", *(_row(step) for step in TRANSITIONS)])


def _row(step: Transition) -> str:
    sources = [words(state) for state in State if state in step.sources]
    cells = (
        f"`{step.name}`",
        step.label,
        ", ".join(sources),
        words(step.target) if step.target else "(stays)",
        ", ".join(_roles(step)),
        ", ".join(f"`{name}`" for name in step.needs),
        ", ".join(f"`{guard.__name__}`" for guard in step.guards),
        "" if step.clock == "unchanged" else step.clock,
    )
    return "| " + " | ".join(cells) + " |"


def _roles(step: Transition) -> Iterator[str]:
    granted = PERMISSIONS[step.permission]
    return (words(role) for role in Role if role in granted)


def part() -> str:
    """Return what belongs between the markers."""
    states = ", ".join(f"{words(state)} {STATE_NAMES[state]}" for state in State)
    return (
        f"{BEGIN}\n\n```mermaid\n{mermaid()}\n```\n\n"
        f"States and their names on the pages: {states}.\n\n{table()}\n\n{END}"
    )


def rewritten(document: str) -> str:
    """Return ``document`` with the part between the markers brought up to date.

    Raises:
        ValueError: a marker is missing.
    """
    before, begin, rest = document.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the document needs the markers {BEGIN} and {END}")
    return before + part() + after


def main() -> None:
    """Print the diagram; with ``--write`` rewrite the document too."""
    print(mermaid())
    if "--write" in sys.argv[1:]:
        DOCUMENT.write_text(rewritten(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
