"""The one blueprint of the managers' side."""

from flask import Blueprint

insight = Blueprint("insight", __name__, url_prefix="/insight")
FIRST_YEAR = 2024
