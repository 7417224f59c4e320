"""What a person sees when something is not there, not allowed, or broken."""

from flask import Flask, Response, current_app, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from servicedesk.core.words import N_
from servicedesk.errors import Refused
from servicedesk.extensions import db
from servicedesk.web.access import put_refusal_on_record

SENTENCES = {
    400: N_("请求不完整或已过期，请返回后重试。"),
    403: N_("您的账号没有打开此页的权限。"),
    404: N_("没有找到这一页，或它不属于您。"),
    405: N_("此操作不能这样进行。"),
    413: N_("上传的内容太大，请压缩或分次上传。"),
    429: N_("操作太频繁，请稍候再试。"),
    500: N_("系统出了差错，我们已记录。您填写的内容没有提交，请返回后重试。"),
}


def register(app: Flask) -> None:
    """Answer every error with a page in the person's language."""
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _known)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Exception, _unknown)


def _csrf(error: CSRFError) -> tuple[str, int]:
    return _page(400, _("页面停留过久，安全令牌已失效。请返回刷新后再提交。"))


def _known(error: HTTPException) -> tuple[str, int] | HTTPException | Response:
    code = error.code or 500
    if code < 400 or error.response is not None:
        return error
    return _page(code, _(SENTENCES.get(code, SENTENCES[400 if code < 500 else 500])))


def _refused(error: Refused) -> tuple[str, int]:
    """Say why, where a page has no better place for it; what is not permitted leaves a trace."""
    if error.kind != "permission":
        return _page(422, _(error.reason))
    if current_user.is_authenticated:
        put_refusal_on_record()
    return _page(403, _(error.reason))


def _unknown(error: Exception) -> tuple[str, int]:
    current_app.logger.exception("unhandled error at %s", request.path)
    db.session.rollback()
    if current_app.testing:
        raise error
    return _page(500, _(SENTENCES[500]))


def _page(code: int, sentence: str) -> tuple[str, int]:
    return render_template("error.html", code=code, sentence=sentence), code
