"""Importing items from a file: first what would become of it, line by line, then doing it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from servicedesk.catalogue.actions import columns_of
from servicedesk.catalogue.definition import Definition, read
from servicedesk.catalogue.differences import differences
from servicedesk.catalogue.editing import NEW, Wanted, import_all, known_in
from servicedesk.catalogue.exchange import TEXT_MAX, BadLine, parse
from servicedesk.catalogue.queries import items
from servicedesk.catalogue.reading import Fault
from servicedesk.core.words import N_
from servicedesk.web.access import actor, requires
from servicedesk.web.admin.blueprint import admin
from servicedesk.web.admin.catalogue import namer
from servicedesk.web.admin.catalogue_words import Change, place, sentence
from servicedesk.web.forms import with_number


@dataclass(frozen=True, slots=True)
class Line:
    """A sound item of the file: what it would change, compared with the version that is shown."""

    definition: Definition
    seen: int
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A line of the file that cannot be taken, in words."""

    line: int
    code: str
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What would become of a file."""

    new: list[Line]
    changed: list[Line]
    same: int
    bad: list[Trouble]

    @property
    def wanted(self) -> list[Line]:
        """What would be published."""
        return self.new + self.changed


@admin.route("/catalogue/import", methods=["GET", "POST"])
@requires("catalogue.edit")
def catalogue_import() -> Response | str | tuple[str, int]:
    """Take a file or a text, report on it, and publish what is good once that was seen."""
    if request.method == "GET":
        return render_template("admin/catalogue_import.html", text="", report=None)
    text = _text()
    report = _report(text)
    if request.form.get("do") == "publish" and report.wanted:
        return _import(report)
    page = render_template("admin/catalogue_import.html", text=text, report=report)
    return (page, 422) if report.bad else page


def _text() -> str:
    """Return the file that came, else the text; bytes that are no UTF-8 show as such."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("text", "").replace("\r\n", "\n")
    content = file.stream.read(TEXT_MAX * 4)
    return content.decode("utf-8-sig", "replace").replace("\r\n", "\n")


def _report(text: str) -> Report:
    entries, unreadable = parse(text)
    park_id = actor().park_id
    known, present, names = known_in(park_id), {one.code: one for one in items(park_id)}, namer()
    report = Report([], [], 0, [_trouble(bad) for bad in unreadable])
    codes: set[str] = set()
    same = 0
    for entry in entries:
        definition, faults = read(entry.given, known)
        if entry.code and entry.code in codes:
            definition, faults = (
                None,
                [*faults, Fault(("code",), N_("这个编号在文件里出现了两次。"))],
            )
        codes.add(entry.code)
        if definition is None:
            report.bad.extend(
                _trouble(BadLine(entry.line_of(fault.path), entry.code, fault)) for fault in faults
            )
            continue
        item = present.get(definition.code)
        if item is None:
            report.new.append(Line(definition, NEW, ()))
        elif changes := differences(columns_of(item), definition.to_dict()):
            seen = with_number(request.form.get(f"seen-{item.code}", item.version))
            report.changed.append(Line(definition, seen, [names.change(one) for one in changes]))
        else:
            same += 1
    bad = sorted(report.bad, key=lambda trouble: trouble.line)
    return Report(report.new, report.changed, same, bad)


def _trouble(bad: BadLine) -> Trouble:
    return Trouble(bad.line, bad.code, place(bad.fault.path), sentence(bad.fault))


def _import(report: Report) -> Response:
    done = import_all(actor(), [Wanted(line.definition, line.seen) for line in report.wanted])
    flash(_("已导入并发布%(n)s个事项。", n=len(done.published)), "success")
    for message in _left(report, done.overtaken):
        flash(message, "danger")
    return redirect(url_for("admin.catalogue", sort="recent"))


def _left(report: Report, overtaken: Sequence[str]) -> Iterator[str]:
    if overtaken:
        codes = _("、").join(overtaken)
        yield _("预览之后又被他人修改，没有导入：%(codes)s。请重新预览。", codes=codes)
    if report.bad:
        bad = len({(trouble.code, trouble.line) for trouble in report.bad})
        yield _("有%(n)s处问题的事项没有导入。", n=bad)
