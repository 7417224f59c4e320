"""Projects, milestones and what holds them up; whose notices are; invitations that end."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_projects()
    _create_parts_of_projects()
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("enterprise_id", sa.Integer(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_notice_enterprise_id"), ["enterprise_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_notice_enterprise_id"), "enterprise", ["enterprise_id"], ["id"]
        )
    op.execute(
        "UPDATE notice SET enterprise_id ="
        " (SELECT ticket.enterprise_id FROM ticket WHERE ticket.id = notice.ticket_id)"
        " WHERE ticket_id IS NOT NULL"
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("used_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("invitee", sa.String(), server_default="", nullable=False))
        batch_op.create_foreign_key(
            batch_op.f("fk_invitation_used_by_id"), "user_account", ["used_by_id"], ["id"]
        )


def _create_projects() -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("investment", sa.Integer(), nullable=False),
        sa.Column("annual_tax", sa.Integer(), nullable=True),
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("plot", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("stage_since", sa.Date(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_project_created_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_project_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_project_owner_id")
        ),
        sa.ForeignKeyConstraint(["park_id"], ["park.id"], name=op.f("fk_project_park_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_project_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
    )
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.create_index("ix_project_wall", ["park_id", "ended_on", "stage"], unique=False)
        batch_op.create_index("ix_project_signed", ["park_id", "signed_on"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_project_enterprise_id"), ["enterprise_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_project_owner_id"), ["owner_id"], unique=False)


def _create_parts_of_projects() -> None:
    op.create_table(
        "project_milestone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("reached_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_milestone_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_milestone")),
        sa.UniqueConstraint(
            "project_id", "stage", name=op.f("uq_project_milestone_project_id_stage")
        ),
    )
    op.create_table(
        "milestone_service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("milestone_id", sa.Integer(), nullable=False),
        sa.Column("item_code", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["milestone_id"],
            ["project_milestone.id"],
            name=op.f("fk_milestone_service_milestone_id"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_milestone_service_ticket_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone_service")),
        sa.UniqueConstraint(
            "milestone_id", "item_code", name=op.f("uq_milestone_service_milestone_id_item_code")
        ),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_milestone_service_ticket_id")),
    )
    op.create_table(
        "project_obstacle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("cleared_on", sa.Date(), nullable=True),
        sa.Column("clearing", sa.String(), nullable=False),
        sa.Column("shown", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("raised_by_id", sa.Integer(), nullable=False),
        sa.Column("cleared_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cleared_by_id"], ["user_account.id"], name=op.f("fk_project_obstacle_cleared_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_obstacle_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["raised_by_id"], ["user_account.id"], name=op.f("fk_project_obstacle_raised_by_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_project_obstacle_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_obstacle")),
    )
    with op.batch_alter_table("project_obstacle", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_project_obstacle_project_id"), ["project_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_project_obstacle_unit_id"), ["unit_id"], unique=False)
    op.create_table(
        "project_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_project_event_actor_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_project_event_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_event")),
    )
    with op.batch_alter_table("project_event", schema=None) as batch_op:
        batch_op.create_index("ix_project_event_project", ["project_id", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_invitation_used_by_id"), type_="foreignkey")
        batch_op.drop_column("invitee")
        batch_op.drop_column("revoked_at")
        batch_op.drop_column("used_by_id")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_notice_enterprise_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_notice_enterprise_id"))
        batch_op.drop_column("enterprise_id")
    for table in (
        "project_event",
        "project_obstacle",
        "milestone_service",
        "project_milestone",
        "project",
    ):
        op.drop_table(table)
