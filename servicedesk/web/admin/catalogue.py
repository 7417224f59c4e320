"""The catalogue's pages: the list, one item's versions, taking it off the list, files to take out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from servicedesk.audit.actions import record_alone
from servicedesk.catalogue.definition import KINDS
from servicedesk.catalogue.editing import set_listed
from servicedesk.catalogue.exchange import write
from servicedesk.catalogue.finding import find
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import categories, item_by_code, items, metrics
from servicedesk.catalogue.spelling import syllables
from servicedesk.catalogue.versions import definitions, last_published, versions_of
from servicedesk.core.words import N_
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.queries import units
from servicedesk.web.access import actor, requires
from servicedesk.web.admin.blueprint import admin
from servicedesk.web.admin.catalogue_words import Namer
from servicedesk.web.forms import with_number
from servicedesk.web.sheets import send_list, wall_time
from servicedesk.web.showing import named

YAML = "application/yaml; charset=utf-8"
SORTS: Mapping[str, str] = {
    "code": N_("按编号"),
    "name": N_("按名称"),
    "days": N_("承诺时限短的在前"),
    "recent": N_("最近修改的在前"),
}
STATES: Mapping[str, str] = {
    "listed": N_("公开受理"),
    "unlisted": N_("停止受理"),
    "edited": N_("本园区修改过"),
}
COLUMNS = (
    (N_("编号"), 8), (N_("名称"), 30), (N_("常见说法"), 40), (N_("类别"), 20), (N_("办理方式"), 10),
    (N_("主办单位"), 26), (N_("协办单位"), 30), (N_("承诺工作日"), 10), (N_("法定工作日"), 10),
    (N_("表单字段"), 8), (N_("材料"), 40), (N_("版本"), 6), (N_("更新时间"), 17), (N_("状态"), 10),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed down to, and its order."""

    q: str
    category: str
    unit: str
    kind: str
    state: str
    sort: str

    @classmethod
    def from_request(cls) -> "Filters":
        """Read the filters from the address; what is unknown narrows nothing."""
        args = request.args
        state, sort = args.get("state", ""), args.get("sort", "")
        return cls(
            args.get("q", "")[:60].strip(), args.get("category", ""), args.get("unit", ""),
            args.get("kind", ""), state if state in STATES else "", sort if sort in SORTS else "",
        )  # fmt: skip

    @property
    def address(self) -> dict[str, str]:
        """The filters as parameters of an address."""
        names = ("q", "category", "unit", "kind", "state", "sort")
        return {name: value for name in names if (value := getattr(self, name))}

    def holds(self, item: ServiceItem) -> bool:
        """Tell whether an item is among what is wanted, apart from the words."""
        standing = {"listed": item.listed, "unlisted": not item.listed, "edited": item.edited}
        return (
            self.category in ("", item.category_code)
            and self.kind in ("", item.kind)
            and (not self.unit or self.unit in (item.lead_unit, *item.partner_units))
            and standing.get(self.state, True)
        )


def wanted_items(filters: Filters, published: Mapping[int, datetime]) -> list[ServiceItem]:
    """Return the items of the list in its order; found by words they come best first."""
    everything = items(actor().park_id)
    found = find(everything, filters.q) if filters.q else list(everything)
    orders: Mapping[str, Callable[[ServiceItem], Any]] = {
        "name": lambda item: syllables(item.name),
        "days": lambda item: item.promised_days,
        "recent": lambda item: -published[item.id].timestamp(),
        "code": lambda item: item.code,
    }
    if filters.sort in orders:
        found.sort(key=orders[filters.sort])
    return [item for item in found if filters.holds(item)]


@admin.get("/catalogue")
@requires("catalogue.edit")
def catalogue() -> str:
    """List the items, narrowed and sorted as the address says."""
    filters, published = Filters.from_request(), last_published(actor().park_id)
    known = units(actor().park_id)
    return render_template(
        "admin/catalogue.html",
        items=wanted_items(filters, published),
        published=published,
        filters=filters,
        sorts=SORTS,
        states=STATES,
        kinds=KINDS,
        categories=categories(),
        category_names={category.code: named(category) for category in categories()},
        units=known,
        unit_names={unit.code: unit.name for unit in known},
    )


@admin.get("/catalogue/export.xlsx")
@requires("catalogue.edit")
def catalogue_sheet() -> Response:
    """Send the list as an Excel file."""
    published = last_published(actor().park_id)
    found = wanted_items(Filters.from_request(), published)
    return send_list(actor(), "catalogue", _("事项清单"), COLUMNS, _rows(found, published))


def _standing(item: ServiceItem) -> str:
    return STATES["listed"] if item.listed else STATES["unlisted"]


def _rows(found: Sequence[ServiceItem], published: Mapping[int, datetime]) -> list[list[Any]]:
    category_names = {category.code: named(category) for category in categories()}
    unit_names = {unit.code: unit.name for unit in units(actor().park_id)}
    return [
        [
            item.code, named(item), "、".join(item.aliases),
            category_names.get(item.category_code, item.category_code), item.kind,
            unit_names.get(item.lead_unit, item.lead_unit),
            "、".join(unit_names.get(code, code) for code in item.partner_units),
            item.promised_days, item.statutory_days, len(item.fields),
            "、".join(material["name"] for material in item.materials), item.version,
            wall_time(published.get(item.id)), _(_standing(item)),
        ]
        for item in found
    ]  # fmt: skip


@admin.get("/catalogue/export.yaml")
@requires("catalogue.edit")
def catalogue_yaml() -> Response:
    """Send the items of the list as a file that can be imported again."""
    found = wanted_items(Filters.from_request(), last_published(actor().park_id))
    return _yaml({item.code for item in found}, "catalogue.yaml")


@admin.get("/catalogue/<code>/export.yaml")
@requires("catalogue.edit")
def catalogue_item_yaml(code: str) -> Response:
    """Send one item as a file that can be imported again."""
    found = item_or_404(code)
    return _yaml({found.code}, f"catalogue-{found.code}.yaml")


def _yaml(codes: set[str], name: str) -> Response:
    record_alone(actor(), "catalogue.export", "list", name, rows=len(codes))
    answer = Response(write(definitions(actor().park_id, codes)), content_type=YAML)
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


def item_or_404(code: str) -> ServiceItem:
    """Return the park's item; what is not there answers 404."""
    return item_by_code(actor().park_id, code) or abort(404)


def namer() -> Namer:
    """Return the names of what definitions of this park refer to."""
    return Namer(
        {category.code: category for category in categories()},
        {unit.code: unit.name for unit in units(actor().park_id)},
        metrics(),
    )


@admin.get("/catalogue/<code>/versions")
@requires("catalogue.edit")
def catalogue_versions(code: str) -> str:
    """Show an item's versions: when, by whom, how many tickets keep each, what was new."""
    item = item_or_404(code)
    names = namer()
    lines = [
        (version, [names.change(one) for one in version.changes])
        for version in versions_of(item.id)
    ]
    return render_template("admin/catalogue_versions.html", item=item, versions=lines)


@admin.post("/catalogue/<code>/listed")
@requires("catalogue.edit")
def catalogue_listed(code: str) -> Answer:
    """Take an item off the list, or put it back."""
    item = item_or_404(code)
    listed = request.form.get("listed") == "1"
    try:
        set_listed(actor(), item.code, listed, with_number(request.form.get("seen")))
    except Conflict:
        flash(_("这个事项刚被他人修改，请看过最新版本后再操作。"), "danger")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    else:
        flash(
            _("已恢复受理。")
            if listed
            else _("已停止受理：不再出现在办事大厅，已提交的工单照常办理。"),
            "success",
        )
    return redirect(url_for("admin.catalogue_versions", code=item.code))
