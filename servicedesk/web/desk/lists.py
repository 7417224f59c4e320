"""From the address of a list of materials or letters to what is wanted, and the next page's address."""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import abort, request

from servicedesk.core.materials import KINDS
from servicedesk.materials.listing import Found, Wanted
from servicedesk.web.forms import number_of, tidy

TEXT_MAX = 60


def wanted_from_address(states: Mapping[str, str], sorts: Mapping[str, str]) -> Wanted:
    """Return what the address asks for; a wrong name is a 400."""
    return Wanted(
        state=_known("state", states, ""),
        q=tidy(request.args.get("q"))[:TEXT_MAX],
        kind=_known("kind", KINDS, ""),
        sort=_known("sort", sorts, next(iter(sorts))),
        after=request.args.get("after", "")[:40],
        enterprise=number_of("enterprise"),
    )


def _known(name: str, names: Mapping[str, object], default: str) -> str:
    value = request.args.get(name, "")
    if value and value not in names:
        abort(400)
    return value or default


def next_address(found: Found) -> str:
    """Return the address of the next page, or nothing."""
    return "?" + urlencode({**request.args.to_dict(), "after": found.after}) if found.after else ""
