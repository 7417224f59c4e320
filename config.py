"""Every setting of the service desk, read from the environment; `.env.example` explains each.

A wrong setting stops the start with one sentence that names it.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
MIB = 1024 * 1024
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class ConfigError(Exception):
    """A setting is missing or wrong; the message names it and says what is expected."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, checked. Sizes are in bytes, times in seconds unless the name says otherwise."""

    database_url: str
    data_dir: Path
    secret_key: str
    base_url: str
    secure_cookies: bool = False
    trusted_proxies: int = 0
    upload_max_bytes: int = 20 * MIB
    upload_max_files: int = 10
    smtp_url: str = ""
    mail_from: str = "servicedesk@localhost"
    tick_seconds: int = 30
    rate_limits: bool = True
    demo: bool = True
    testing: bool = False
    engine_options: Mapping[str, object] = field(default_factory=dict)

    @property
    def uploads_dir(self) -> Path:
        """Where attachments lie: outside any folder that is served."""
        return self.data_dir / "uploads"

    @property
    def mail_dir(self) -> Path:
        """Where e-mail goes while no SMTP server is set; an administrator can read it there."""
        return self.data_dir / "mail"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings.

    Raises:
        ConfigError: a setting is wrong.
    """
    env = os.environ if environ is None else environ
    data_dir = Path(env.get("DATA_DIR") or ROOT / "instance").resolve()
    return Settings(
        database_url=_database_url(env, data_dir),
        data_dir=data_dir,
        secret_key=_secret_key(env, data_dir),
        base_url=_base_url(env),
        secure_cookies=_flag(env, "SECURE_COOKIES", default=_base_url(env).startswith("https://")),
        trusted_proxies=_number(env, "TRUSTED_PROXIES", 0, 0, 5),
        upload_max_bytes=_number(env, "UPLOAD_MAX_MIB", 20, 1, 200) * MIB,
        upload_max_files=_number(env, "UPLOAD_MAX_FILES", 10, 1, 50),
        smtp_url=_smtp_url(env),
        mail_from=env.get("MAIL_FROM") or "servicedesk@localhost",
        tick_seconds=_number(env, "TICK_SECONDS", 30, 1, 300),
        rate_limits=_flag(env, "RATE_LIMITS", default=True),
        demo=_flag(env, "DEMO", default=_only_here(env)),
    )


def _database_url(env: Mapping[str, str], data_dir: Path) -> str:
    url = env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'servicedesk.db'}"
    url = url.replace("postgres://", "postgresql://", 1)
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError("DATABASE_URL must begin with sqlite:/// or postgresql://.")
    if url in ("sqlite:///", "sqlite:///:memory:"):
        raise ConfigError("DATABASE_URL must name a file: an SQLite database in memory is lost.")
    return url


def _secret_key(env: Mapping[str, str], data_dir: Path) -> str:
    if key := env.get("SECRET_KEY"):
        if len(key) < 32:
            raise ConfigError("SECRET_KEY must have at least 32 characters.")
        return key
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"secret_key.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        fresh.rename(path)
    return path.read_text().strip()


def _base_url(env: Mapping[str, str]) -> str:
    url = env.get("BASE_URL") or f"http://127.0.0.1:{_number(env, 'PORT', 5000, 1, 65535)}"
    if not url.startswith(("http://", "https://")):
        raise ConfigError("BASE_URL must begin with http:// or https://.")
    return url.rstrip("/")


def _only_here(env: Mapping[str, str]) -> bool:
    """Tell whether only this machine can reach us: elsewhere nobody gets public passwords unasked."""
    host = urlsplit(_base_url(env)).hostname
    return {host, env.get("HOST") or "127.0.0.1"} <= LOOPBACK


def _smtp_url(env: Mapping[str, str]) -> str:
    url = env.get("SMTP_URL") or ""
    if url and not url.startswith(("smtp://", "smtps://")):
        raise ConfigError("SMTP_URL must begin with smtp:// or smtps://.")
    return url


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = (env.get(name) or "").strip().lower()
    if not text:
        return default
    if text not in ("1", "0", "true", "false", "yes", "no"):
        raise ConfigError(f"{name} must be 1 or 0, not {text!r}.")
    return text in ("1", "true", "yes")


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = (env.get(name) or "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
        raise ConfigError(f"{name} must be a whole number from {low} to {high}, not {text!r}.")
    return int(text)
