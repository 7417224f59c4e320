"""Files over the web: handing them in, one by one with progress, and taking them out again."""

from flask import Blueprint, Response, abort, current_app, jsonify, request, send_file
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from servicedesk.audit.actions import record_alone
from servicedesk.errors import Refused
from servicedesk.extensions import limiter
from servicedesk.tickets.actions import add_upload
from servicedesk.tickets.files import store
from servicedesk.tickets.models import Upload
from servicedesk.tickets.queries import upload_by_token, uploads_by_tokens
from servicedesk.training.queries import file_by_token as event_file
from servicedesk.web.access import actor, requires, whole_actor

files = Blueprint("files", __name__, url_prefix="/files")
SAFE = "sandbox; default-src 'none'"


@files.post("/")
@requires("account.use")
@limiter.limit("120/minute")
def upload() -> tuple[Response, int]:
    """Take one file and answer with the token under which a form may hand it in."""
    file = request.files.get("file")
    if file is None:
        return jsonify(error=_("请选择文件。")), 400
    try:
        kept = keep(file)
    except Refused as refused:
        return jsonify(error=_(refused.reason), name=file.filename), 422
    return jsonify(token=kept.token, name=kept.name, size=kept.size), 201


@files.get("/<token>")
@requires("account.use")
def download(token: str) -> Response:
    """Send a file that the person may see, always as a download that cannot run."""
    person = whole_actor()  # a page of before switching may be open
    found = upload_by_token(person, token) or event_file(person, token)
    if found is None:
        abort(404)
    record_alone(actor(), "file.download", "upload", found.id)
    path = current_app.extensions["settings"].uploads_dir / found.stored_as
    response = send_file(
        path, mimetype=found.media_type, as_attachment=True, download_name=found.name
    )
    response.headers["Content-Security-Policy"] = SAFE
    return response


def keep(file: FileStorage) -> Upload:
    """Check and keep one file as the person's own.

    Raises:
        Refused: the file is not accepted.
    """
    settings = current_app.extensions["settings"]
    content = file.stream.read(settings.upload_max_bytes + 1)
    stored = store(settings.uploads_dir, file.filename or "", content, settings.upload_max_bytes)
    return add_upload(actor(), stored)


def keep_all(uploads: str = "uploads", files: str = "files") -> tuple[list[Upload], list[str]]:
    """Keep what came with a form: new files and tokens of earlier ones; returns also what failed.

    ``uploads`` and ``files`` are the names of the inputs, where a form has several boxes.

    A form that comes back with an error shows these again, so no file is lost.
    """
    limit = current_app.extensions["settings"].upload_max_files
    mine = list(uploads_by_tokens(actor().user_id or 0, request.form.getlist(uploads)[:limit]))
    failed: list[str] = []
    for file in request.files.getlist(files):
        if not file.filename:
            continue
        if len(mine) >= limit:
            failed.append(_("最多上传%(n)s个文件。", n=limit))
            break
        try:
            mine.append(keep(file))
        except Refused as refused:
            failed.append(f"{file.filename}：{_(refused.reason)}")
    return mine, failed
