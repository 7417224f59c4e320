"""Loading the packages: from our file into a park's tables, as often as one likes."""

from collections.abc import Mapping
from typing import Any

import yaml
from sqlalchemy import select

from servicedesk.catalogue.actions import DATA, definition_of, put
from servicedesk.core.packages import graph_of
from servicedesk.extensions import db
from servicedesk.packages.models import Package
from servicedesk.transaction import unit_of_work

Shipped = Mapping[str, Any]


@unit_of_work
def load(park_id: int) -> None:
    """Bring the park's packages and their own steps to what the file says.

    Raises:
        GraphError: the steps of a package are no graph that can be finished.
    """
    shipped: Shipped = yaml.safe_load((DATA / "packages.yaml").read_text(encoding="utf-8"))
    for code, step in shipped["own_steps"].items():
        put(park_id, definition_of(_hidden_item(code, step), []))
    for code, package in shipped["packages"].items():
        _put(park_id, code, package)


def _hidden_item(code: str, step: Shipped) -> dict[str, Any]:
    """Return a service item for a step that is none: it is not listed."""
    return {
        "code": code, "cat": "A", "name": step["name"], "name_en": step["name_en"], "kind": "帮办",
        "lead": step["unit"], "promised_wd": step["promised_wd"], "statutory": "无",
        "clock": "workday", "poa": "optional", "aliases": [], "materials": [],
        "outcome": ["served"], "listed": False,
    }  # fmt: skip


def _put(park_id: int, code: str, shipped: Shipped) -> None:
    values = {
        "name": shipped["name"], "name_en": shipped["name_en"], "summary": shipped["summary"],
        "summary_en": shipped["summary_en"], "promised_days": shipped.get("promised_wd"),
        "conditions": shipped.get("conditions", []), "shared": shipped.get("shared", []),
        "steps": [_step(one) for one in shipped["steps"]],
    }  # fmt: skip
    graph_of(values["steps"])
    package = db.session.scalar(
        select(Package).where(Package.park_id == park_id, Package.code == code)
    )
    if package is None:
        db.session.add(Package(park_id=park_id, code=code, version=1, **values))
    elif any(getattr(package, name) != value for name, value in values.items()):
        package.version += 1
        for name, value in values.items():
            setattr(package, name, value)


def _step(shipped: Shipped) -> dict[str, Any]:
    """Translate the file's words; the key of a step is its item's code, or the name of a wait."""
    item = shipped.get("item") or shipped.get("step") or ""
    return {
        "key": item or shipped["wait"],
        "item": item,
        "name": shipped.get("name", ""),
        "name_en": shipped.get("name_en", ""),
        "after": list(shipped.get("after", [])),
        "days": shipped.get("days", 0 if "wait" in shipped else 1),
        "wait_days": shipped.get("natural_days", 0),
        "when": shipped.get("when", ""),
        "optional": bool(shipped.get("optional", False)),
    }
