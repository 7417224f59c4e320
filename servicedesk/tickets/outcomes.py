"""Outcome figures that another feature knows better than what was typed (成效)."""

from sqlalchemy import delete

from servicedesk.extensions import db
from servicedesk.tickets.models import Outcome, Ticket
from servicedesk.transaction import unit_of_work


@unit_of_work
def set_outcome(ticket: Ticket, metric: str, thousandths: int) -> None:
    """Let a resolved ticket's figure be ``thousandths`` of the metric's unit; 0 takes it away."""
    mine = delete(Outcome).where(Outcome.ticket_id == ticket.id, Outcome.metric_code == metric)
    db.session.execute(mine)
    if thousandths:
        listing = str(ticket.answers.get("listing") or "")
        db.session.add(
            Outcome(ticket_id=ticket.id, metric_code=metric, value=thousandths, listing=listing)
        )
