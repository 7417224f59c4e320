"""What came back and why: reopenings, false resolutions, urgings, calls, bad ratings."""

from collections.abc import Mapping
from typing import Any

from servicedesk.accounts.queries import names
from servicedesk.core.words import N_
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.word import word_of

CALL_NAMES: Mapping[str, str] = {
    "reached": N_("已联系上"),
    "missed": N_("未联系上"),
    "refused": N_("不愿答复"),
    "bad_rating": N_("差评回访"),
}
COMING_BACK: Mapping[str, str] = {
    "dispute": N_("企业反映未解决"),
    "rework": N_("回访或差评后重办"),
    "reopen": N_("归档后恢复办理"),
    "take_up": N_("逾期未补正后恢复办理"),
}


def panel(ticket: Ticket) -> dict[str, Any]:
    """Return what the ticket's page shows of it."""
    word = word_of(ticket.id)
    return {
        "word": word,
        "word_people": names(word.people) if word else {},
        "word_calls": CALL_NAMES,
        "word_back": COMING_BACK,
    }
