"""The page that says day by day why a ticket is due when it is (为何是这一天)."""

from flask import render_template

from servicedesk.tickets.queries import item_of
from servicedesk.web.access import requires
from servicedesk.web.clockwork import hours_of, stretch_name, why_page
from servicedesk.web.desk.blueprint import desk
from servicedesk.web.desk.tickets import ticket_or_404


@desk.get("/tickets/<number>/why")
@requires("ticket.queue")
def ticket_why(number: str) -> str:
    """Show every stretch of a ticket's time and whether it counted."""
    ticket = ticket_or_404(number)
    return render_template(
        "desk/why.html",
        ticket=ticket,
        item=item_of(ticket),
        why=why_page(ticket),
        stretch_name=stretch_name,
        hours_of=hours_of,
    )
