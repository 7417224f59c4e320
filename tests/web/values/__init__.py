"""Values for the variables of routes, one module for each part of the product."""

from typing import Any

from tests.support import Town
from tests.web.values import (
    charts,
    dashboard,
    meetings,
    notices,
    performance,
    problems,
    queue,
    reports,
    routing,
    rules,
    ticket,
    time,
)

PARTS = (
    time, rules, routing, meetings, problems, queue, ticket, notices,
    dashboard, performance, reports, charts,
)  # fmt: skip


def loop_values(town: Town) -> dict[str, Any]:
    """Return the values of every part."""
    return {name: value for part in PARTS for name, value in part.values(town).items()}
