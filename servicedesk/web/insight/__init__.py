"""The managers' side (统计分析): each module adds its pages to the one blueprint."""

from servicedesk.web.insight import (
    definitions,
    figures,
    lights,
    loop,
    overview,
    performance,
    performance_weights,
    register,
    reports,
    saved,
    scheduler,
    wall,
)

__all__ = [
    "definitions",
    "figures",
    "lights",
    "loop",
    "overview",
    "performance",
    "performance_weights",
    "register",
    "reports",
    "saved",
    "scheduler",
    "wall",
]
