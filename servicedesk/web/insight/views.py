from flask import Blueprint
from servicedesk.web.access import public

insight = Blueprint("insight", __name__, url_prefix="/insight")


@insight.get("/overview")
@public
def overview() -> str:
    return "overview"
