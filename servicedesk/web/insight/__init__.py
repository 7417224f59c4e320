"""The managers' side (统计分析)."""
