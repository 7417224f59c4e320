"""Attachments: what is let in, under which name, and that it is what it says."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.errors import Refused
from servicedesk.tickets.files import NAME_MAX, clean_name, store

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 17
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 32
PDF = b"%PDF-1.7\n%%EOF\n"
LIMIT = 100_000


def office(*parts: str) -> bytes:
    """Return a zip archive with empty parts of these names."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for part in parts:
            archive.writestr(part, "")
    return content.getvalue()


DOCX = office("[Content_Types].xml", "word/document.xml")
XLSX = office("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(
    ("name", "content"),
    [("图.png", PNG), ("照片.JPG", JPG), ("章程.pdf", PDF), ("表.docx", DOCX), ("册.xlsx", XLSX)],
)
def test_papers_and_pictures_come_in(tmp_path: Path, name: str, content: bytes) -> None:
    kept = store(tmp_path, name, content, LIMIT)
    path = tmp_path / kept.stored_as
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o111 == 0
    assert kept.size == len(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("空.pdf", b""),
        ("大.pdf", PDF + b" " * LIMIT),
        ("run.exe", b"MZ" + b"\x00" * 100),
        ("page.html", b"<script>alert(1)</script>"),
        ("pic.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("fake.png", b"<script>alert(1)</script>"),
        ("fake.pdf", PNG),
        ("fake.docx", XLSX),
        ("fake.xlsx", office("evil.txt")),
        ("fake.docx", b"PK\x03\x04 not a zip"),
        ("shell.php.png", b"<?php system('id');"),
        ("noname", PDF),
    ],
)
def test_everything_else_is_refused_with_a_sentence(
    tmp_path: Path, name: str, content: bytes
) -> None:
    with pytest.raises(Refused) as refused:
        store(tmp_path, name, content, LIMIT)
    assert refused.value.reason
    assert list(tmp_path.rglob("*")) == []


@given(st.text(max_size=300))
def test_no_name_leaves_the_folder(name: str) -> None:
    cleaned = clean_name(name)
    assert "/" not in cleaned
    assert "\\" not in cleaned
    assert "\x00" not in cleaned
    assert cleaned.strip(".")
    assert len(cleaned) <= NAME_MAX + 10


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.pdf", "..\\..\\x.pdf", "a\u202efdp.exe", ".htaccess"]
)
def test_well_known_tricks(name: str) -> None:
    cleaned = clean_name(name)
    assert ".." not in cleaned
    assert "\u202e" not in cleaned
