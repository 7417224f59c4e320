"""The staff's side (工作台): each module adds its pages to the one blueprint."""

from servicedesk.web.desk import enterprises, filing, tickets, views
from servicedesk.web.desk.blueprint import desk

__all__ = ["desk", "enterprises", "filing", "tickets", "views"]
