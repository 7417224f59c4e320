"""Service at the enterprise's door (上门服务)."""
