"""The managers' side (统计分析)."""

from servicedesk.web.insight import lights, loop, wall

__all__ = ["lights", "loop", "wall"]
