"""Find a Chromium for screenshots and browser tests, or install one.

    python -m scripts.browser        prints the path of a Chromium that starts

Looked for in this order: ``CHROMIUM_PATH``, the names Chromium goes by on ``PATH``, the
application folders of macOS, Playwright's own folder. If there is none, Debian and Ubuntu get
their package (as root), everything else Playwright's download. Pages are in Chinese, so a font
that has Chinese characters is looked after as well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPLICATIONS = ("Google Chrome", "Chromium", "Google Chrome for Testing", "Microsoft Edge")
PLAYWRIGHT_NAMES = ("chrome", "headless_shell", "chrome-headless-shell", *MAC_APPLICATIONS)
FONT_PACKAGE = "fonts-noto-cjk"


class BrowserError(Exception):
    """No browser; the message is one sentence that says what to do."""


def say(text: str) -> None:
    print(f"browser: {text}", file=sys.stderr, flush=True)


def starts(path: str) -> bool:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _playwright_folder() -> Path:
    chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if chosen and chosen != "0":
        return Path(chosen)
    caches = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return Path.home() / caches / "ms-playwright"


def _candidates() -> Iterator[str]:
    for name in NAMES:
        path = shutil.which(name)
        if path:
            yield path
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            for name in MAC_APPLICATIONS:
                path_in_bundle = folder / f"{name}.app" / "Contents" / "MacOS" / name
                if path_in_bundle.exists():
                    yield str(path_in_bundle)
    # the newest download first: the folders end with a growing number
    for folder in sorted(_playwright_folder().glob("chromium*"), reverse=True):
        for name in PLAYWRIGHT_NAMES:
            for path_found in folder.rglob(name):
                if path_found.is_file() and os.access(path_found, os.X_OK):
                    yield str(path_found)


def find() -> str:
    """The path of a Chromium that starts; ``BrowserError`` if there is none."""
    chosen = os.environ.get("CHROMIUM_PATH")
    if chosen:
        if starts(chosen):
            return chosen
        raise BrowserError(f"CHROMIUM_PATH is {chosen}, which does not start.")
    for path in _candidates():
        if starts(path):
            return path
    raise BrowserError("no Chromium was found: install one or set CHROMIUM_PATH to its path.")


def _can_apt() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(*packages: str) -> bool:
    say(f"installing {' '.join(packages)} with apt-get (this can take some minutes)")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    options = ["-qq", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    done: subprocess.CompletedProcess[str] | None = None
    for arguments in (["update"], ["install", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", *options, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    if done is None or done.returncode != 0:
        sys.stderr.write("" if done is None else done.stdout[-2000:])
        return False
    return True


def _install_browser() -> None:
    if _can_apt() and _apt_install("chromium", FONT_PACKAGE, "fontconfig"):
        try:
            find()
        except BrowserError:
            pass  # Ubuntu's package only points to a snap
        else:
            return
    say("downloading Playwright's Chromium")
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if _can_apt():
        command.insert(-1, "--with-deps")
    done = subprocess.run(command, stdout=sys.stderr)
    if done.returncode != 0:
        raise BrowserError(
            "no Chromium was found and none could be installed: "
            "install Chromium or Chrome, or set CHROMIUM_PATH to its path."
        )


def has_chinese_font() -> bool | None:
    """Whether fontconfig knows a font with Chinese characters; None where one cannot tell."""
    if sys.platform != "linux":
        return True
    if shutil.which("fc-list") is None:
        return None
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True)
    return bool(listed.stdout.strip())


def _ensure_font() -> None:
    if has_chinese_font():
        return
    if _can_apt():
        _apt_install(FONT_PACKAGE, "fontconfig")
    if has_chinese_font() is False:
        say("no font has Chinese characters, so pages show boxes: install Noto Sans CJK.")


def ensure() -> str:
    """The path of a Chromium that starts, installing one if need be."""
    try:
        path = find()
    except BrowserError:
        if os.environ.get("CHROMIUM_PATH"):
            raise
        _install_browser()
        path = find()
    _ensure_font()
    return path


if __name__ == "__main__":
    try:
        print(ensure())
    except BrowserError as error:
        sys.exit(f"browser: {error}")
