"""Policies that find their enterprise, and what enterprises declare (政策匹配与申报)."""
