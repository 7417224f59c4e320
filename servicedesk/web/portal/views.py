"""The portal (企业服务门户): importing its pages attaches them to the blueprint."""

from servicedesk.web.portal import (
    acting,
    catalogue,
    enterprise,
    events,
    filing,
    financing,
    hiring,
    letters,
    materials,
    members,
    packages,
    policies,
    projects,
    requests,
    solutions,
    ticket,
    visits,
)
from servicedesk.web.portal.blueprint import portal

__all__ = [
    "acting",
    "catalogue",
    "enterprise",
    "events",
    "filing",
    "financing",
    "hiring",
    "letters",
    "materials",
    "members",
    "packages",
    "policies",
    "portal",
    "projects",
    "requests",
    "solutions",
    "ticket",
    "visits",
]
