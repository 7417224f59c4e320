"""Attachments (附件): what is let in, where it lies, and how it is taken out again.

A file is written and synced before its row is committed, under a name that the server makes, in a
folder that no web server serves (promise 12; OWASP ASVS 5.2).
"""

import hashlib
import io
import os
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import puremagic

from servicedesk.clock import clock
from servicedesk.core.identifiers import new_token
from servicedesk.core.words import N_
from servicedesk.errors import Refused

NAME_MAX = 120
ZIP_ENTRIES_MAX = 5000
ORPHANS_LIVE = timedelta(hours=24)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_OOXML = {
    "word/document.xml": ".docx",
    "xl/workbook.xml": ".xlsx",
}
MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
}
ALLOWED = tuple(MEDIA_TYPES)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies safely on disk; ``stored_as`` is its name below the upload folder."""

    name: str
    media_type: str
    size: int
    sha256: str
    stored_as: str


def clean_name(name: str) -> str:
    """Return a safe display name: no folders, no invisible or control characters, bounded."""
    name = _UNSEEN.sub("", unicodedata.normalize("NFKC", name))
    name = re.split(r"[\\/]", name)[-1].strip(" .")
    stem, suffix = os.path.splitext(name)
    return (stem[: NAME_MAX - len(suffix)] or N_("附件")) + suffix.lower()


def store(folder: Path, name: str, content: bytes, limit: int) -> StoredFile:
    """Check ``content`` and write it; ``limit`` is the largest size in bytes.

    Raises:
        Refused: it is empty, too large, of a type that is not accepted, or not what its name says.
    """
    name = clean_name(name)
    suffix = os.path.splitext(name)[1]
    if not content:
        raise Refused(N_("文件是空的，请重新选择。"), field="files")
    if len(content) > limit:
        raise Refused(N_("文件太大，请压缩或分开上传。"), field="files")
    if suffix not in MEDIA_TYPES:
        raise Refused(N_("只接受 PDF、图片、Word 和 Excel 文件。"), field="files")
    if not _is_what_it_says(content, suffix):
        raise Refused(N_("文件内容与扩展名不符，请检查后重新上传。"), field="files")
    stored_as = _write(folder, content)
    digest = hashlib.sha256(content).hexdigest()
    return StoredFile(name, MEDIA_TYPES[suffix], len(content), digest, stored_as)


def _is_what_it_says(content: bytes, suffix: str) -> bool:
    if suffix in (".docx", ".xlsx"):
        return _ooxml_suffix(content) == suffix
    try:
        found = {match.extension for match in puremagic.magic_string(content)}
    except puremagic.PureError:
        return False
    if suffix in (".doc", ".xls"):
        return content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    same = {".jpg", ".jpeg", ".jfif"} if suffix in (".jpg", ".jpeg") else {suffix}
    return bool(found & same)


def _ooxml_suffix(content: bytes) -> str | None:
    """Look into the zip's directory only; nothing is unpacked, and a huge one is not read at all."""
    end = content.rfind(b"PK\x05\x06")
    if end < 0 or int.from_bytes(content[end + 10 : end + 12], "little") > ZIP_ENTRIES_MAX:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    if "[Content_Types].xml" not in names:
        return None
    return next((suffix for part, suffix in _OOXML.items() if part in names), None)


def _write(folder: Path, content: bytes) -> str:
    name = re.sub(r"[^A-Za-z0-9]", "", new_token())[:32].lower()
    stored_as = f"{name[:2]}/{name}"
    target = folder / stored_as
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".part")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(target)
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return stored_as


def sweep(folder: Path, known: set[str]) -> int:
    """Delete files older than a day that no row names; returns how many."""
    if not folder.exists():
        return 0
    oldest = (clock.now() - ORPHANS_LIVE).timestamp()
    removed = 0
    for path in folder.glob("*/*"):
        if str(path.relative_to(folder)) not in known and path.stat().st_mtime < oldest:
            path.unlink()
            removed += 1
    return removed
