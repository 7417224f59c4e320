"""The house itself (系统管理): its state, its people, its calendar, its trail, its mail."""
