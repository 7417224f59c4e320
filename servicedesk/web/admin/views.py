"""The administration pages: importing the modules attaches their views to the blueprint."""

from servicedesk.web.admin import audit, calendar, mail, system, users
from servicedesk.web.admin.blueprint import admin

__all__ = ["admin", "audit", "calendar", "mail", "system", "users"]
