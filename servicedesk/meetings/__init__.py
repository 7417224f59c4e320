"""The joint meeting: agenda, decisions with owners, minutes (联席会议)."""
