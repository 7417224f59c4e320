"""The house itself (系统管理)."""
