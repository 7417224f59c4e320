"""Which language a page is in: the person's choice, else a cookie, else Chinese first."""

from flask import has_request_context, request
from flask_login import current_user

LANGUAGES = {"zh": "简体中文", "en": "English"}
COOKIE = "language"


def choose() -> str:
    """Return ``zh`` or ``en`` for this request."""
    if not has_request_context():
        return "zh"
    if current_user.is_authenticated:
        return str(current_user.language)
    wanted = request.cookies.get(COOKIE)
    return wanted if wanted in LANGUAGES else "zh"
