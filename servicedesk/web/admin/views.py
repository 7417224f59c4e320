"""The administration pages: importing the modules attaches their views to the blueprint."""

from servicedesk.web.admin import (
    audit,
    calendar,
    catalogue,
    catalogue_editor,
    catalogue_import,
    mail,
    public_page,
    rehearsal,
    rules,
    system,
    users,
)
from servicedesk.web.admin.blueprint import admin

__all__ = [
    "admin",
    "audit",
    "calendar",
    "catalogue",
    "catalogue_editor",
    "catalogue_import",
    "mail",
    "public_page",
    "rehearsal",
    "rules",
    "system",
    "users",
]
