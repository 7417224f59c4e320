"""Packages: their definitions, cases and steps."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "package",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("summary_en", sa.String(), nullable=False),
        sa.Column("promised_days", sa.Integer(), nullable=True),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("shared", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name="fk_package_park_id"),
        sa.PrimaryKeyConstraint("id", name="pk_package"),
        sa.UniqueConstraint("park_id", "code", name="uq_package_park_id_code"),
    )
    op.create_table(
        "package_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("acting", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("requester_id", sa.Integer(), nullable=True),
        sa.Column("filed_by_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name="fk_package_case_park_id"),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name="fk_package_case_enterprise_id"
        ),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name="fk_package_case_package_id"),
        sa.ForeignKeyConstraint(
            ["requester_id"], ["user_account.id"], name="fk_package_case_requester_id"
        ),
        sa.ForeignKeyConstraint(
            ["filed_by_id"], ["user_account.id"], name="fk_package_case_filed_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_package_case"),
        sa.UniqueConstraint("number", name="uq_package_case_number"),
        sa.UniqueConstraint("filed_by_id", "key", name="uq_package_case_filed_by_id_key"),
    )
    op.create_index("ix_package_case_list", "package_case", ["park_id", "state", "id"])
    op.create_index("ix_package_case_enterprise", "package_case", ["enterprise_id", "id"])
    op.create_table(
        "package_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["package_case.id"], name="fk_package_step_case_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_package_step_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_package_step"),
        sa.UniqueConstraint("case_id", "key", name="uq_package_step_case_id_key"),
        sa.UniqueConstraint("ticket_id", name="uq_package_step_ticket_id"),
    )
    running = sa.text("ends_on IS NOT NULL AND state = 'open'")
    op.create_index(
        "ix_package_step_wait", "package_step", ["ends_on"],
        sqlite_where=running, postgresql_where=running,
    )  # fmt: skip


def downgrade() -> None:
    for table in ("package_step", "package_case", "package"):
        op.drop_table(table)
