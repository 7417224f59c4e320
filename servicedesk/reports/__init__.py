"""The ledger and the year-end summary (台账、年度总结)."""
