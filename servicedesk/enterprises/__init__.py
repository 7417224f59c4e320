"""Enterprises and the people who act for them (企业)."""
