"""Setting a new installation up: tables, the park, its catalogue and its calendar."""

from flask_migrate import upgrade
from sqlalchemy import select

from servicedesk.calendars.actions import seed
from servicedesk.catalogue.actions import load as load_catalogue
from servicedesk.clock import clock
from servicedesk.extensions import db
from servicedesk.organisation.actions import create_park
from servicedesk.organisation.models import Park
from servicedesk.packages.loading import load as load_packages
from servicedesk.rules.actions import begin as begin_rules
from servicedesk.transaction import unit_of_work

PARK = {"code": "hcgxq", "name": "鹤城高新区", "short_name": "鹤城高新区", "region": "431202"}


def install() -> None:
    """Bring the tables to the newest version and the catalogue and calendar up to date.

    Running it again changes nothing that is there.
    """
    upgrade()
    fill()


@unit_of_work
def fill() -> None:
    """Make the park if there is none, and load its rules, catalogue and calendar."""
    park = db.session.scalar(select(Park).order_by(Park.id).limit(1)) or create_park(**PARK)
    begin_rules(park.id)
    load_catalogue(park.id)
    load_packages(park.id)
    seed(park.id, until=clock.now().year + 1)
