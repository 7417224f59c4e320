"""One's own account (账号)."""
