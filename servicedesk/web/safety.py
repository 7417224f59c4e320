"""Addresses that came from outside: only pages of ours are led to."""

from urllib.parse import urlsplit


def local_path(target: str) -> str:
    """Return ``target`` only if it is a path of ours, else an empty text."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or not target.startswith("/"):
        return ""
    return "" if target.startswith("//") or "\\" in target or target != target.strip() else target
