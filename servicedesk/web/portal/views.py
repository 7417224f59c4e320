from flask import Blueprint
from servicedesk.web.access import public

portal = Blueprint("portal", __name__, url_prefix="/portal")


@portal.get("/welcome")
@public
def welcome() -> str:
    return "welcome"


@portal.get("/home")
@public
def home() -> str:
    return "home"
