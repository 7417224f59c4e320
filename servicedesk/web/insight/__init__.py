"""The manager's pages (统计分析): each module adds its pages to the one blueprint."""

from servicedesk.web.insight import definitions, views
from servicedesk.web.insight.views import insight

__all__ = ["definitions", "insight", "views"]
