"""The editor of one item: what is typed is kept, rows come and go, a preview, publishing."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.catalogue.actions import columns_of
from servicedesk.catalogue.definition import AUTHORIZATIONS, CLOCKS, KINDS, Definition, read
from servicedesk.catalogue.editing import NEW, add_template, known_in, publish
from servicedesk.catalogue.fields import FIELDS_MAX, TYPE_NAMES
from servicedesk.catalogue.materials import MATERIALS_MAX
from servicedesk.catalogue.models import ServiceItem
from servicedesk.catalogue.queries import categories, fields_of, items, metrics
from servicedesk.catalogue.reading import Fault
from servicedesk.catalogue.versions import changes_since, templates
from servicedesk.errors import Conflict, Refused
from servicedesk.organisation.queries import units
from servicedesk.rules.queries import current_rules
from servicedesk.tickets.files import ALLOWED, store
from servicedesk.web.access import actor, requires
from servicedesk.web.admin.blueprint import admin
from servicedesk.web.admin.catalogue import item_or_404, namer
from servicedesk.web.admin.catalogue_draft import (
    BEGINNING,
    Draft,
    answers_before,
    by_input,
    draft_from,
    draft_of,
    input_of,
)
from servicedesk.web.admin.catalogue_words import Change, place, sentence
from servicedesk.web.forms import with_number
from servicedesk.web.portal.forms import filing_class
from servicedesk.web.portal.guides import guide_of

TEMPLATE_BYTES = 5 * 1024 * 1024
FRESH: Mapping[str, Any] = {
    "kind": "帮办", "clock": "workday", "authorization": "optional", "promised_days": 3,
    "outcomes": ["served"],
}  # fmt: skip


@admin.route("/catalogue/new", methods=["GET", "POST"])
@requires("catalogue.edit")
def catalogue_new() -> Response | str | tuple[str, int]:
    """Draw up a new item."""
    return _edit(None)


@admin.route("/catalogue/<code>", methods=["GET", "POST"])
@requires("catalogue.edit")
def catalogue_item(code: str) -> Response | str | tuple[str, int]:
    """Edit an item: the next version of it."""
    return _edit(item_or_404(code))


def _edit(item: ServiceItem | None) -> Response | str | tuple[str, int]:
    if request.method == "GET":
        return _page(
            item, draft_of(columns_of(item) if item else _fresh()), item.version if item else NEW
        )
    draft, seen = draft_from(request.form), with_number(request.form.get("seen"))
    if item is not None:
        draft.texts["code"] = item.code
    problems = _keep_files(draft)
    do = request.form.get("do", "")
    if do not in ("publish", "check"):
        focus = draft.change(do)
        return _page(item, draft, seen, problems, focus=focus)
    definition, faults = read(draft.definition(), known_in(actor().park_id))
    faults += problems
    if definition is None or faults or do == "check":
        page = _page(item, draft, seen, faults, checked=True)
        return (page, 422) if faults else page
    return _publish(item, draft, definition, seen)


def _fresh() -> dict[str, Any]:
    """Return what a new item begins with; the category that the list showed is taken over."""
    wanted = request.args.get("category", "")
    known = [category.code for category in categories()]
    return (
        {**FRESH, "category_code": wanted, "code": _free_code(wanted)}
        if wanted in known
        else {**FRESH}
    )


def _free_code(category: str) -> str:
    """Return the first code of the category that no item has."""
    taken = {item.code for item in items(actor().park_id)}
    return next(code for n in range(1, 1000) if (code := f"{category}{n:02d}") not in taken)


def _keep_files(draft: Draft) -> list[Fault]:
    """Keep the files that came with the form as templates of their materials."""
    folder = current_app.extensions["settings"].uploads_dir
    problems: list[Fault] = []
    for index, row in enumerate(draft.materials):
        file = request.files.get(f"{BEGINNING}materials-{index}-file")
        if request.form.get(f"{BEGINNING}materials-{index}-forget") == "1":
            row["template"] = ""
        if file is None or not file.filename:
            continue
        try:
            content = file.stream.read(TEMPLATE_BYTES + 1)
            stored = store(folder, file.filename, content, TEMPLATE_BYTES)
            row["template"] = add_template(actor(), stored).token
        except Refused as refused:
            problems.append(Fault(("materials", index, "template"), refused.reason))
    return problems


def _publish(
    item: ServiceItem | None, draft: Draft, definition: Definition, seen: int
) -> Response | tuple[str, int]:
    try:
        published = publish(actor(), definition, NEW if item is None else seen)
    except Conflict as conflict:
        newest = item_or_404(definition.code)
        names = namer()
        news = [names.change(one) for one in changes_since(newest, conflict.seen)]
        return _page(newest, draft, conflict.current, news=news), 409
    except Refused as refused:
        fault = Fault((refused.field or "",), refused.reason)
        return _page(item, draft, seen, [fault], checked=True), 422
    told = _("已发布第%(n)s版，新提交的申请从现在起按新版办理。", n=published.version)
    flash(told, "success")
    return redirect(url_for("admin.catalogue_item", code=published.code))


def _page(
    item: ServiceItem | None,
    draft: Draft,
    seen: int,
    faults: Sequence[Fault] = (),
    *,
    checked: bool = False,
    focus: str = "",
    news: Sequence[Change] | None = None,
) -> str:
    known = units(actor().park_id)
    return render_template(
        "admin/catalogue_item.html",
        item=item,
        draft=draft,
        seen=seen,
        wrong={name: [sentence(one) for one in found] for name, found in by_input(faults).items()},
        summary=[(input_of(fault.path), place(fault.path), sentence(fault)) for fault in faults],
        checked=checked,
        focus=focus,
        news=news,
        categories=categories(),
        units=known,
        metrics=metrics().values(),
        kinds=KINDS,
        clocks=CLOCKS,
        authorizations=AUTHORIZATIONS,
        types=TYPE_NAMES,
        ladder=current_rules(actor().park_id).ladder,
        most={"fields": FIELDS_MAX, "materials": MATERIALS_MAX},
        answers=[answers_before(draft, index, row) for index, row in enumerate(draft.fields)],
        all_answers=[answers_before(draft, None, row) for row in draft.materials],
        files=templates([row["template"] for row in draft.materials]),
        accepted=",".join(ALLOWED),
        **_preview(draft),
    )


@admin.post("/catalogue/preview")
@requires("catalogue.edit")
def catalogue_preview() -> str:
    """Show a draft as the enterprise will see it; nothing is kept."""
    draft = draft_from(request.form)
    if not draft.texts["code"]:
        draft.texts["code"] = "X00"
    return render_template("admin/catalogue_preview.html", **_preview(draft))


def _preview(draft: Draft) -> dict[str, Any]:
    """Return what the enterprise will see of a draft, or what stands against it."""
    given = {**draft.definition()}
    given.setdefault("code", "X00")
    definition, faults = read(given, known_in(actor().park_id))
    if definition is None:
        return {"shown": None, "against": [(place(one.path), sentence(one)) for one in faults]}
    columns = definition.to_dict()
    shown = ServiceItem(
        **columns, id=0, park_id=actor().park_id, version=0, edited=True, search_text=""
    )
    form = filing_class(shown)(title=shown.name)
    questions = [form[field.name] for field in fields_of(shown)]
    return {
        "shown": shown, "guide": guide_of(shown), "form": form, "questions": questions,
        "against": [],
    }  # fmt: skip
