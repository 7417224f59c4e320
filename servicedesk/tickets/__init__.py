"""Tickets (工单) and everything that happens to them."""
