"""The managers' side (统计分析)."""

from servicedesk.web.insight import reports

__all__ = ["reports"]
