"""The parts of a request's page (申请页面板), one module each; each has a template of the same name."""

from typing import Any

from servicedesk.tickets.models import Ticket
from servicedesk.web.portal.panels import joined, loop, plan, why

PANELS = (joined.panel, why.panel, plan.panel, loop.panel)


def everything(ticket: Ticket) -> dict[str, Any]:
    """Return what all parts of the page show."""
    return {name: value for panel in PANELS for name, value in panel(ticket).items()}
