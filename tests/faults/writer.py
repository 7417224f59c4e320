"""Files requests for ever and says each number that was answered; a test kills it."""

import sys
from itertools import count
from pathlib import Path

from servicedesk.extensions import db
from tests.conftest import make_app
from tests.support import Town


def main() -> None:
    """``python -m tests.faults.writer URL FOLDER PREFIX``"""
    url, folder, prefix = sys.argv[1:]
    with make_app(url, Path(folder)).app_context():
        for serial in count():
            ticket = Town().file(key=f"{prefix}-{serial}", title=f"{prefix}-{serial}")
            print(ticket.number, flush=True)
            db.session.remove()


if __name__ == "__main__":
    main()
