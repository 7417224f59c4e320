"""Backup (备份): one portable archive for both databases, taken while running."""
