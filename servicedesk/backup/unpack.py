"""Opening an archive: nothing is written outside the folder given, and every hash is checked."""

import gzip
import re
import shutil
import tarfile
from pathlib import Path

from servicedesk.backup.contents import MANIFEST, BackupError, Manifest, digest_of, manifest_from

_EXPECTED = re.compile(r"manifest\.json|tables/[a-z_]+\.jsonl|uploads/[a-z0-9]{2}/[a-z0-9]+")


def unpack(archive: Path, folder: Path) -> Manifest:
    """Unpack ``archive`` into ``folder`` and return its manifest.

    Raises:
        BackupError: it is not an archive of ours, or damaged.
    """
    try:
        with tarfile.open(archive, mode="r|gz") as members:
            for member in members:
                _extract(members, member, folder)
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {archive}.") from error
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, OSError) as error:
        raise BackupError(f"{archive} is damaged or no archive of ours: {error}.") from error
    if not (folder / MANIFEST).is_file():
        raise BackupError(f"{archive} is not complete: it has no manifest.")
    manifest = manifest_from((folder / MANIFEST).read_text(encoding="utf-8"))
    _check(manifest, folder)
    return manifest


def _extract(members: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    content = members.extractfile(member) if member.isreg() else None
    if content is None or not _EXPECTED.fullmatch(member.name):
        raise BackupError(f"The archive holds something that is not ours: {member.name!r}.")
    target = folder / member.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        shutil.copyfileobj(content, file)


def _check(manifest: Manifest, folder: Path) -> None:
    expected = {f"tables/{name}.jsonl": entry.sha256 for name, entry in manifest.tables.items()}
    expected |= {f"uploads/{name}": sha256 for name, sha256 in manifest.files.items()}
    for name, sha256 in expected.items():
        path = folder / name
        if not path.is_file():
            raise BackupError(f"The archive is not complete: {name} is missing.")
        if digest_of(path) != sha256:
            raise BackupError(f"The archive is damaged: {name} has changed.")
