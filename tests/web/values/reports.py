"""A value for every variable in the routes of this part (reports), for the walk of every route."""

from datetime import date
from typing import Any

from servicedesk.reports.own_templates import take
from servicedesk.reports.runs import Wish, ask
from servicedesk.reports.templates import default_template
from tests.support import Town


def values(town: Town) -> dict[str, Any]:
    """Return the values, made through the real actions."""
    run = ask(town.head, Wish("ledger", date(2024, 3, 1), date(2024, 3, 31)), "values")
    template = take(town.head, "模板.docx", default_template())
    return {"report_id": run.id, "report_template_id": template.id}
