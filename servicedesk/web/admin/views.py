from flask import Blueprint
from servicedesk.web.access import public

admin = Blueprint("admin", __name__, url_prefix="/admin")


@admin.get("/home")
@public
def home() -> str:
    return "home"


@admin.get("/audit_log")
@public
def audit_log() -> str:
    return "audit_log"
