"""One's own account (账号): each module adds its pages to the one blueprint."""

from servicedesk.web.account import notices, views
from servicedesk.web.account.views import account

__all__ = ["account", "notices", "views"]
