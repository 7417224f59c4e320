"""``flask user``: the first accounts of an installation."""

import click
from flask.cli import AppGroup
from flask_babel import gettext

from servicedesk.accounts.actions import create_user, hash_password
from servicedesk.core.permissions import STAFF, Actor, Role
from servicedesk.errors import Refused
from servicedesk.organisation.queries import default_park, unit_by_code

user = AppGroup("user", help="Accounts.")
ROLES = [role.value for role in Role if role in STAFF]


@user.command("create")
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--unit", "unit_code", default="", help="The unit's code, such as SCJG.")
@click.option("--email", default="")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def create(login: str, name: str, role: str, unit_code: str, email: str, password: str) -> None:
    """Create an account for a member of the staff."""
    park = default_park()
    unit = unit_by_code(park.id, unit_code) if unit_code else None
    if unit_code and unit is None:
        raise click.BadParameter(f"there is no unit {unit_code!r}.", param_hint="--unit")
    actor = Actor(None, Role.SYSTEM, park.id, "flask user create")
    try:
        made = create_user(
            actor, login=login, name=name, role=Role(role), email=email, park_id=park.id,
            password_hash=hash_password(password), unit_id=unit.id if unit else None,
        )  # fmt: skip
    except Refused as refused:
        raise click.ClickException(gettext(refused.reason)) from refused
    click.echo(f"created: {made.login} ({role})")
