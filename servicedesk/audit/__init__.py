"""The audit trail (审计): append-only, chained, verified by a command."""
