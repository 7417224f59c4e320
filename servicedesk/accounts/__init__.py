"""People, their roles, and how they sign in (账号)."""
