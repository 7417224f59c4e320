"""Measuring the service desk side by side with what a Python shop would take instead."""
