"""Reports: asking for one, following it, fetching it; subscriptions; the templates of staff."""

import io
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DateField, Form, SelectField
from wtforms.validators import ValidationError

from servicedesk.accounts.queries import names as person_names
from servicedesk.audit.actions import record_alone
from servicedesk.clock import clock
from servicedesk.core.counting import ROUNDINGS, Rounding
from servicedesk.core.identifiers import new_token
from servicedesk.core.spans import DAYS_MAX
from servicedesk.errors import Refused
from servicedesk.reports import own_templates, runs, subscriptions
from servicedesk.reports.kinds import KINDS, Kind, kinds_for
from servicedesk.reports.models import ReportRun
from servicedesk.reports.periods import Length, Period, around, period_of, recent
from servicedesk.reports.templates import BYTES_MAX, NAMES, default_template
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.files import MEDIA_TYPES
from servicedesk.web.access import actor, requires
from servicedesk.web.forms import required
from servicedesk.web.insight.blueprint import FIRST_YEAR, insight

HOW_MANY = {
    Length.WEEK: 26, Length.MONTH: 36, Length.QUARTER: 12, Length.HALF: 10, Length.YEAR: 10
}  # fmt: skip
DOCX = MEDIA_TYPES[".docx"]
STATES: Mapping[str, Any] = {
    runs.WAITING: _l("排队中"),
    runs.RUNNING: _l("生成中"),
    runs.DONE: _l("已完成"),
    runs.FAILED: _l("未成功"),
}
EXPIRED = _l("已过期")


class DaysForm(Form):
    """The days of a ledger, both included."""

    first = DateField(_l("开始日期"), validators=[required()])
    last = DateField(_l("结束日期"), validators=[required()])

    def validate_last(self, field: Any) -> None:
        """Refuse days the wrong way round, and more of them than anybody reads."""
        first, last = self.first.data, field.data
        if first and last and first > last:
            raise ValidationError(_("结束日期不能早于开始日期。"))
        if first and last and (last - first).days >= DAYS_MAX:
            raise ValidationError(_("一份台账最多十年，请分开生成。"))


class PeriodForm(Form):
    """The period of a periodic report, and how its numbers are rounded."""

    period = SelectField(_l("统计期"), validate_choice=False)
    rounding = SelectField(
        _l("数字取整"), default=Rounding.OVER, validate_choice=False,
        description=_l("只用于允许取整、且不少于50的数；获批、金额总是精确。"),
    )  # fmt: skip

    def __init__(self, kind: Kind, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert kind.length is not None
        found = recent(kind.length, today, HOW_MANY[kind.length])
        known = [one for one in found if one.end.year >= FIRST_YEAR - 1]
        self.period.choices = [(one.code, period_name(one)) for one in known]
        self.rounding.choices = [(str(key), _(name)) for key, name in ROUNDINGS.items()]
        if not kind.paper:
            del self.rounding

    def validate_period(self, field: Any) -> None:
        """Refuse what the list does not offer, in the reader's language."""
        if field.data not in [code for code, _name in field.choices]:
            raise ValidationError(_("请从列表中选择。"))

    validate_rounding = validate_period


def _today() -> date:
    return clock.now().astimezone(ZONE).date()


def period_name(period: Period) -> str:
    """Write a period in the reader's language."""
    name = _(period.pattern, **period.words)
    if period.length is Length.WEEK:
        return f"{name}（{period.start:%m-%d} ~ {period.end:%m-%d}）"
    return name


def _days_of(run: ReportRun) -> str:
    """Write what a run covers."""
    kind = KINDS.get(run.kind)
    if kind is None or kind.length is None or run.starts_on is None:
        return f"{run.starts_on} ~ {run.ends_on}"
    return period_name(around(kind.length, run.starts_on))


def _is_busy(found: ReportRun) -> bool:
    return found.state in (runs.WAITING, runs.RUNNING)


# Asking and fetching ----------------------------------------------------------------------------


@insight.get("/reports")
@requires("report.make")
def reports() -> str:
    """Show the form for a new report, and the person's reports."""
    kind = _kind_asked(request.args.get("kind", ""))
    return _page(kind, _form(kind, None))


@insight.get("/reports/progress")
@requires("report.make")
def report_progress() -> str:
    """Show only the list: the page asks for it again while something is being made."""
    return render_template("insight/reports_runs.html", **_list())


@insight.post("/reports")
@requires("report.make")
def report_ask() -> Response | tuple[str, int]:
    """Ask for a report; it is made in the background."""
    kind = _kind_asked(request.form.get("kind", ""))
    form = _form(kind, request.form)
    if not form.validate():
        return _page(kind, form), 422
    try:
        runs.ask(actor(), _wish(kind, form), request.form.get("key", "")[:100] or new_token())
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return _page(kind, form), 422
    flash(_("已开始生成，完成后可在下面下载；可以先离开此页。"), "success")
    return redirect(url_for("insight.reports", kind=kind.key, _anchor="runs"))


@insight.post("/reports/<int:report_id>/retry")
@requires("report.make")
def report_retry(report_id: int) -> Response:
    """Make a failed report again."""
    if runs.own(actor(), report_id) is None:
        abort(404)
    try:
        again = runs.retry(actor(), report_id)
    except Refused as refused:
        flash(_(refused.reason), "danger")
    else:
        flash(_("已重新开始生成。") if again else _("这份报表不用重新生成。"), "success")
    return redirect(url_for("insight.reports", _anchor="runs"))


@insight.get("/reports/<int:report_id>/file")
@requires("report.make")
def report_file(report_id: int) -> Response:
    """Send a finished report to whoever asked for it."""
    if runs.own(actor(), report_id) is None:
        abort(404)
    found = runs.fetch(actor(), report_id)
    if found is None:
        flash(_("这份报表还没有生成，或者已经过期，请重新生成。"), "danger")
        return redirect(url_for("insight.reports", _anchor="runs"))
    run, path = found
    kind = MEDIA_TYPES["." + run.name.rpartition(".")[2]]
    return send_file(path, mimetype=kind, as_attachment=True, download_name=run.name)


def _kind_asked(key: str) -> Kind:
    """Return the kind that was asked for, the first one that is open where none was named."""
    found = kinds_for(actor())
    if not found:
        abort(403)
    if key and key not in found:
        abort(404)
    return found[key] if key else next(iter(found.values()))


def _form(kind: Kind, given: Any) -> Any:
    today = _today()
    if kind.length is None:
        return DaysForm(given, first=today.replace(day=1), last=today)
    return PeriodForm(kind, today, given, period=_newest(kind.length, today).code)


def _newest(length: Length, today: date) -> Period:
    """Return the period that people mean: the last one that is over; of years from November this."""
    running = around(length, today)
    almost_over = length is Length.YEAR and running.end - today < timedelta(days=61)
    return running if almost_over else around(length, running.start - timedelta(days=1))


def _wish(kind: Kind, form: Any) -> runs.Wish:
    if kind.length is None:
        return runs.Wish(kind.key, form.first.data, form.last.data)
    period = period_of(kind.length, form.period.data)
    rounding = Rounding(form.rounding.data) if kind.paper else Rounding.OVER
    return runs.Wish(kind.key, period.start, period.end, rounding)


def _list() -> dict[str, Any]:
    found = runs.mine(actor())
    return {
        "runs": found, "kinds": KINDS, "days_of": _days_of, "state_names": STATES,
        "expired": EXPIRED, "busy": any(_is_busy(one) for one in found), "roundings": ROUNDINGS,
        "is_busy": _is_busy, "standing": runs.standing, "kept_max": runs.KEPT_MAX,
    }  # fmt: skip


def _page(kind: Kind, form: Any) -> str:
    open_kinds = kinds_for(actor())
    return render_template(
        "insight/reports.html", kind=kind, open_kinds=open_kinds, form=form, key=new_token(),
        subscribed=subscriptions.subscribed(actor()), **_list(),
    )  # fmt: skip


# Subscriptions ----------------------------------------------------------------------------------


@insight.post("/reports/subscriptions")
@requires("report.make")
def report_subscribe() -> Response:
    """Subscribe to a kind of report, or end the subscription."""
    kind = request.form.get("kind", "")[:40]
    try:
        if request.form.get("on") == "1":
            subscriptions.subscribe(actor(), kind)
            flash(_("已订阅：每期结束后的第一个工作日早上自动生成，并通知您。"), "success")
        else:
            subscriptions.unsubscribe(actor(), kind)
            flash(_("已退订。"), "success")
    except Refused as refused:
        flash(_(refused.reason), "danger")
    return redirect(url_for("insight.reports", _anchor="subscriptions"))


# Templates --------------------------------------------------------------------------------------


@insight.get("/reports/templates")
@requires("report.template")
def report_templates() -> str:
    """Show which template the work summary is written into."""
    return _templates_page()


@insight.post("/reports/templates")
@requires("report.template")
def report_template_take() -> Response | tuple[str, int]:
    """Take a Word file as the template, once it has been tried with sample data."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _templates_page(_("请选择文件。")), 422
    try:
        own_templates.take(actor(), file.filename, file.stream.read(BYTES_MAX + 1))
    except Refused as refused:
        return _templates_page(_(refused.reason)), 422
    flash(_("模板已试用通过，从现在起用它写工作总结。"), "success")
    return redirect(url_for("insight.report_templates"))


@insight.post("/reports/templates/default")
@requires("report.template")
def report_template_reset() -> Response:
    """Go back to the default template."""
    own_templates.back_to_default(actor())
    flash(_("已恢复默认模板。"), "success")
    return redirect(url_for("insight.report_templates"))


@insight.get("/reports/templates/default.docx")
@requires("report.template")
def report_template_default() -> Response:
    """Send the default template, to be edited in Word."""
    record_alone(actor(), "report_template.download", "report_template", "default")
    return _word(default_template(), _("工作总结模板（默认）") + ".docx")


@insight.get("/reports/templates/<int:report_template_id>.docx")
@requires("report.template")
def report_template_file(report_template_id: int) -> Response:
    """Send a template that staff gave."""
    found = own_templates.template(actor().park_id, report_template_id) or abort(404)
    try:
        content = own_templates.content_of(found)
    except Refused as refused:
        flash(_(refused.reason), "danger")
        return redirect(url_for("insight.report_templates"))
    record_alone(actor(), "report_template.download", "report_template", found.id, name=found.name)
    return _word(content, found.name)


def _word(content: bytes, name: str) -> Response:
    return send_file(io.BytesIO(content), mimetype=DOCX, as_attachment=True, download_name=name)


def _templates_page(wrong: str = "") -> str:
    found = own_templates.templates(actor().park_id)
    used = next((one for one in found if one.active), None)
    people = person_names([one.uploaded_by_id for one in found])
    return render_template(
        "insight/reports_templates.html", templates=found, used=used, people=people, wrong=wrong,
        names=NAMES,
    )  # fmt: skip
