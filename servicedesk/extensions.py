"""One instance of each extension; ``create_app`` binds them to the application."""

from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from servicedesk.database import Base, Session

# What was committed may be read on without asking again: the next unit of work starts afresh.
db = SQLAlchemy(
    metadata=Base.metadata, session_options={"class_": Session, "expire_on_commit": False}
)
migrate = Migrate()
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()
limiter = Limiter(key_func=get_remote_address)
