"""The portal (企业服务门户): importing its pages attaches them to the blueprint."""

from servicedesk.web.portal import catalogue, enterprise, filing, requests, ticket
from servicedesk.web.portal.blueprint import portal

__all__ = ["catalogue", "enterprise", "filing", "portal", "requests", "ticket"]
