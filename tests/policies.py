"""Policies for tests: one that a filled file meets, and its way to an approval."""

from datetime import date, timedelta
from typing import Any

from servicedesk.clock import clock
from servicedesk.core.conditions import parse
from servicedesk.declarations.actions import Filing, declare
from servicedesk.declarations.models import Declaration, Policy
from servicedesk.declarations.policies import Draft, publish, write_policy
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.transaction import writing
from tests.support import SHANGHAI, Town

CONDITIONS = (
    ("employees", "at_least", "20"),
    ("research_share", "at_least", "3"),
    ("age", "at_least", "2"),
    ("scale", "in", "小型、中型"),
)


def local_day(days: int = 0) -> date:
    """Return the park's today, or a day from it."""
    return clock.now().astimezone(SHANGHAI).date() + timedelta(days=days)


def draft(**changes: Any) -> Draft:
    """Return a policy with four conditions, open for 30 days."""
    values: dict[str, Any] = {
        "name": "创新型中小企业认定", "name_en": "Innovative SMEs", "level": "省级", "item_code": "F01",
        "unit_code": "SCJG", "opens_on": local_day(), "closes_on": local_day(30),
        "conditions": [parse(*row) for row in CONDITIONS], "title_name": "创新型中小企业",
        "title_years": 3, "amount_max": 20_000, "documents": ["申请书", "审计报告"],
    }  # fmt: skip
    return Draft(**{**values, **changes})


def published(town: Town, **changes: Any) -> Policy:
    """Return a published policy."""
    return publish(town.desk, write_policy(town.desk, draft(**changes)).id)


def fill_file(enterprise_id: int, **changes: Any) -> None:
    """Fill an enterprise's profile so that it meets ``draft``'s conditions, but for ``changes``."""
    values: dict[str, Any] = {
        "employees": 60, "research_share": 5.2, "founded_on": date(2018, 5, 1), "scale": "small",
        "revenue": 3000, "industry_code": "C3841",
    }  # fmt: skip
    with writing():
        row = db.session.get_one(Enterprise, enterprise_id)
        for name, value in {**values, **changes}.items():
            setattr(row, name, value)
        row.version += 1


def filing(town: Town, login: str = "alice", **changes: Any) -> Filing:
    """Return what an enterprise declares."""
    values: dict[str, Any] = {
        "enterprise_id": town.enterprise_id(login),
        "contact": "李工",
        "phone": "13800138000",
    }
    return Filing(**{**values, **changes})


def declared(town: Town, policy: Policy, login: str = "alice", **changes: Any) -> Declaration:
    """Return a declaration of the enterprise of ``login``."""
    return declare(town.actor(login), policy.id, filing(town, login, **changes))


def policy_values(town: Town) -> dict[str, int]:
    """What stands in the addresses of policies and declarations, for the test of every route."""
    policy = published(town)
    return {"policy_id": policy.id, "declaration_id": declared(town, policy).id}
