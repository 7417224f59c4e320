"""Reading the park's rules: the present version, or the one that a ticket keeps."""

from collections.abc import Sequence

from sqlalchemy import select

from servicedesk.core.rules import DEFAULT_RULES, Rules, rules_from
from servicedesk.extensions import db
from servicedesk.organisation.queries import park as get_park
from servicedesk.rules.models import RuleSet
from servicedesk.transaction import remembered

_cache: dict[tuple[str, int, int], Rules] = remembered()  # a published version never changes


def rules_at(park_id: int, version: int) -> Rules:
    """Return one version of the park's rules; the defaults where it was never published."""
    key = (str(db.engine.url), park_id, version)
    known = _cache.get(key)
    if known is None:
        values = db.session.scalar(
            select(RuleSet.values).where(RuleSet.park_id == park_id, RuleSet.version == version)
        )
        if values is None:
            return DEFAULT_RULES
        known = _cache[key] = rules_from(values)
    return known


def current_rules(park_id: int) -> Rules:
    """Return the rules under which a ticket that is filed now will run."""
    return rules_at(park_id, get_park(park_id).rules_version)


def versions(park_id: int) -> Sequence[RuleSet]:
    """Return the published versions, newest first."""
    query = select(RuleSet).where(RuleSet.park_id == park_id)
    return db.session.scalars(query.order_by(RuleSet.version.desc())).all()
