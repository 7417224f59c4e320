"""Small true files for the demo: a one-page PDF and a PNG, made here and stored as uploads."""

import struct
import zlib
from random import Random

from flask import current_app

from servicedesk.core.permissions import Actor
from servicedesk.tickets.actions import add_upload
from servicedesk.tickets.files import store

_NAMES = ("营业执照副本.pdf", "授权委托书.pdf", "情况说明.pdf", "现场照片.png", "材料扫描件.png")


def attach(actor: Actor, chance: Random, count: int) -> list[str]:
    """Store ``count`` files of the actor and return their tokens."""
    settings = current_app.extensions["settings"]
    tokens = []
    for name in chance.sample(_NAMES, k=count):
        content = png(chance) if name.endswith(".png") else pdf(chance.randint(1000, 9999))
        file = store(settings.uploads_dir, name, content, settings.upload_max_bytes)
        tokens.append(add_upload(actor, file).token)
    return tokens


def pdf(serial: int) -> bytes:
    """Return a PDF of one page that says what it is."""
    text = f"BT /F1 18 Tf 72 760 Td (Demo document {serial}) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    )


def png(chance: Random, width: int = 160, height: int = 120) -> bytes:
    """Return a picture of two coloured halves."""
    sky, ground = (bytes(chance.randrange(90, 250) for _ in range(3)) for _ in range(2))
    rows = b"".join(b"\0" + (sky if row < height // 2 else ground) * width for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check
