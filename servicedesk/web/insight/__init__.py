"""The managers' side (统计分析): each module adds its pages to the one blueprint."""

from servicedesk.web.insight import performance, performance_weights

__all__ = ["performance", "performance_weights"]
