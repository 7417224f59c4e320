"""Visit rounds, and visits that raise any number of tickets.

Going down, the old table can name one ticket only: a visit with several becomes several rows, and
one without any keeps an empty ticket, so that no visit is lost.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_rounds()
    _create_stops()
    _create_children()
    op.execute(
        "INSERT INTO visit_ticket (visit_id, ticket_id) "
        "SELECT id, ticket_id FROM visit WHERE ticket_id IS NOT NULL ORDER BY id"
    )
    _widen_visit()


def _create_rounds() -> None:
    op.create_table(
        "visit_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_out", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_visit_round_park_id")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_visit_round_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_round")),
        sa.UniqueConstraint("created_by_id", "key", name=op.f("uq_visit_round_created_by_id_key")),
    )
    op.create_index("ix_visit_round_park_day", "visit_round", ["park_id", "starts_on"])


def _create_stops() -> None:
    op.create_table(
        "visit_stop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("skip_reason", sa.String(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["visit_round.id"], name=op.f("fk_visit_stop_round_id")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_visit_stop_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["user_account.id"], name=op.f("fk_visit_stop_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_stop")),
        sa.UniqueConstraint(
            "round_id", "enterprise_id", name=op.f("uq_visit_stop_round_id_enterprise_id")
        ),
    )
    op.create_index(op.f("ix_visit_stop_enterprise_id"), "visit_stop", ["enterprise_id"])
    op.create_index("ix_visit_stop_officer", "visit_stop", ["officer_id", "state", "planned_on"])


def _create_children() -> None:
    op.create_table(
        "visit_ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_ticket_visit_id")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_visit_ticket_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_ticket")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_visit_ticket_ticket_id")),
    )
    op.create_index(op.f("ix_visit_ticket_visit_id"), "visit_ticket", ["visit_id"])
    op.create_table(
        "visit_photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_photo_visit_id")),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_visit_photo_upload_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_photo")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_visit_photo_upload_id")),
    )
    op.create_index(op.f("ix_visit_photo_visit_id"), "visit_photo", ["visit_id"])


_WORDS = (
    "met_phone",
    "colleague",
    "topic",
    "notes",
    "fingerprint",
    "confirmed_by_name",
    "confirm_comment",
)


def _widen_visit() -> None:
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("park_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("stop_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("client_key", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("confirm_token_hash", sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column("confirm_expires_at", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("confirm_verdict", sa.String(), nullable=True))
        for name in _WORDS:
            batch_op.add_column(sa.Column(name, sa.String(), server_default="", nullable=False))
    op.execute(
        "UPDATE visit SET park_id = "
        "(SELECT park_id FROM enterprise WHERE enterprise.id = visit.enterprise_id)"
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.alter_column("park_id", existing_type=sa.Integer(), nullable=False)
        batch_op.drop_constraint("uq_visit_ticket_id", type_="unique")
        batch_op.drop_constraint("fk_visit_ticket_id", type_="foreignkey")
        batch_op.drop_column("ticket_id")
        batch_op.create_foreign_key(batch_op.f("fk_visit_park_id"), "park", ["park_id"], ["id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_visit_stop_id"), "visit_stop", ["stop_id"], ["id"]
        )
        batch_op.create_unique_constraint(batch_op.f("uq_visit_stop_id"), ["stop_id"])
        batch_op.create_unique_constraint(
            batch_op.f("uq_visit_recorded_by_id_client_key"), ["recorded_by_id", "client_key"]
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_visit_confirm_token_hash"), ["confirm_token_hash"]
        )
        batch_op.create_index("ix_visit_park_day", ["park_id", "visited_on", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ticket_id", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE visit SET ticket_id = "
        "(SELECT min(ticket_id) FROM visit_ticket WHERE visit_ticket.visit_id = visit.id)"
    )
    op.execute(
        "INSERT INTO visit (park_id, enterprise_id, ticket_id, visited_on, place, met, "
        "recorded_by_id, recorded_at) "
        "SELECT visit.park_id, visit.enterprise_id, visit_ticket.ticket_id, visit.visited_on, "
        "visit.place, visit.met, visit.recorded_by_id, visit.recorded_at "
        "FROM visit JOIN visit_ticket ON visit_ticket.visit_id = visit.id "
        "WHERE visit_ticket.ticket_id <> visit.ticket_id ORDER BY visit_ticket.ticket_id"
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_index("ix_visit_park_day")
        batch_op.drop_constraint(batch_op.f("uq_visit_confirm_token_hash"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_visit_recorded_by_id_client_key"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_visit_stop_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_visit_stop_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_visit_park_id"), type_="foreignkey")
        for name in (*_WORDS, "confirm_verdict", "confirmed_at", "confirm_expires_at"):
            batch_op.drop_column(name)
        for name in ("confirm_token_hash", "client_key", "started_at", "stop_id", "park_id"):
            batch_op.drop_column(name)
        batch_op.create_foreign_key(
            batch_op.f("fk_visit_ticket_id"), "ticket", ["ticket_id"], ["id"]
        )
        batch_op.create_unique_constraint(batch_op.f("uq_visit_ticket_id"), ["ticket_id"])
    op.drop_table("visit_photo")
    op.drop_table("visit_ticket")
    op.drop_table("visit_stop")
    op.drop_table("visit_round")
