"""帮代办 Service Desk: the enterprise service desk of a high-tech park."""

from pathlib import Path

from flask import Flask

import config
from servicedesk import cli, database, unchanged, web
from servicedesk.declarations import actions as declarations
from servicedesk.extensions import babel, csrf, db, limiter, login_manager, migrate
from servicedesk.hiring import actions as hiring
from servicedesk.materials import actions as materials
from servicedesk.meetings import gathering as meetings
from servicedesk.packages import actions as packages
from servicedesk.problems import actions as problems
from servicedesk.routing import actions as routing
from servicedesk.tickets import joining, reactions

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: config.Settings) -> Flask:
    """Build the application: read from top to bottom, this is what the system is."""
    app = Flask(__name__, root_path=str(ROOT), static_folder="static", template_folder="templates")
    app.config.from_mapping(_flask_config(settings))
    app.extensions["settings"] = settings
    _bind_extensions(app)
    with app.app_context():
        database.prepare(db.engine)
        unchanged.watch(db.engine)
    web.register(app)
    cli.register(app)
    _connect_features()
    return app


def _connect_features() -> None:
    """Say which features go on when a ticket has moved, in the same transaction."""
    reactions.connect(
        joining.follow_merge,
        packages.follow_ticket,
        materials.release,
        declarations.follow_ticket,
        hiring.on_step,
        meetings.follow_ticket,
        problems.follow_ticket,
        routing.follow_ticket,
    )
    reactions.connect_alarms(meetings.follow_alarm)


def _flask_config(settings: config.Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            **database.engine_options(settings.database_url),
            **settings.engine_options,
        },
        "MAX_CONTENT_LENGTH": settings.upload_max_bytes * settings.upload_max_files,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 500,
        "SESSION_COOKIE_NAME": "__Host-session" if settings.secure_cookies else "session",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": 12 * 3600,
        "SEND_FILE_MAX_AGE_DEFAULT": 7 * 24 * 3600,
        "BABEL_DEFAULT_LOCALE": "zh",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
        "BABEL_TRANSLATION_DIRECTORIES": "servicedesk/translations",
        "WTF_CSRF_TIME_LIMIT": None,
        "RATELIMIT_ENABLED": settings.rate_limits,
        "RATELIMIT_STORAGE_URI": "memory://",
        "RATELIMIT_HEADERS_ENABLED": False,
        "TESTING": settings.testing,
    }


def _bind_extensions(app: Flask) -> None:
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    login_manager.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    babel.init_app(app, locale_selector=web.language.choose)
