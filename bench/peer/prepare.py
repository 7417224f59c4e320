"""Make the peer's tables, its queues and its staff; runs in the peer's own environment.

python -m bench.peer.prepare LOGIN PASSWORD QUEUES
"""

import os
import sys

import django


def main(login: str, password: str, queues: int) -> None:
    """Migrate and create what tickets refer to."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peer.settings")
    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from helpdesk.models import Queue

    call_command("migrate", verbosity=0)
    users = get_user_model().objects
    users.create_superuser(login, f"{login}@example.invalid", password)
    for number in range(1, queues + 1):
        users.create_user(f"officer{number}", is_staff=True)
        Queue.objects.create(
            title=f"承办单位{number}", slug=f"unit{number}", allow_public_submission=True
        )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
