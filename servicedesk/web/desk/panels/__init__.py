"""The parts of a ticket's page (工单页面板), one module each; each has a template of the same name."""

from typing import Any

from servicedesk.tickets.models import Ticket
from servicedesk.web.desk.panels import links, plan, problem, support, tools, why, word

PANELS = (why.panel, plan.panel, support.panel, problem.panel, links.panel, word.panel, tools.panel)


def everything(ticket: Ticket) -> dict[str, Any]:
    """Return what all parts of the page show."""
    return {name: value for panel in PANELS for name, value in panel(ticket).items()}
