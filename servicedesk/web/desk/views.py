from flask import Blueprint
from servicedesk.web.access import public

desk = Blueprint("desk", __name__, url_prefix="/desk")


@desk.get("/queue")
@public
def queue() -> str:
    return "queue"
