"""The application as a WSGI server and the flask command find it."""

import sys

from dotenv import load_dotenv

import config
from servicedesk import create_app

load_dotenv()
try:
    app = create_app(config.load())
except config.ConfigError as error:
    sys.exit(f"The service desk cannot start: {error}")
