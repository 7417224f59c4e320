"""Telling people (通知): in-app notices and the outbox for e-mail."""
