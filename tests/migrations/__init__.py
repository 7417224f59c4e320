"""Migrations on filled databases."""
