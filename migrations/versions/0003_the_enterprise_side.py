"""Columns of the enterprise's file, versions of service items, letters of authorization."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "item_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["service_item.id"], name=op.f("fk_item_version_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["user_account.id"], name=op.f("fk_item_version_published_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_version")),
        sa.UniqueConstraint("item_id", "version", name=op.f("uq_item_version_item_id_version")),
    )
    op.create_table(
        "material_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("park_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("stored_as", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_material_template_created_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["park_id"], ["park.id"], name=op.f("fk_material_template_park_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_template")),
        sa.UniqueConstraint("stored_as", name=op.f("uq_material_template_stored_as")),
        sa.UniqueConstraint("token", name=op.f("uq_material_template_token")),
    )
    with op.batch_alter_table("material_template", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_material_template_park_id"), ["park_id"], unique=False)

    op.create_table(
        "authorization_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("item_codes", sa.JSON(), nullable=False),
        sa.Column("powers", sa.JSON(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("prepared_by_id", sa.Integer(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by_id", sa.Integer(), nullable=True),
        sa.Column("signed_how", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", sa.Integer(), nullable=True),
        sa.Column("revoke_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["user_account.id"], name=op.f("fk_authorization_letter_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_authorization_letter_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by_id"],
            ["user_account.id"],
            name=op.f("fk_authorization_letter_prepared_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by_id"],
            ["user_account.id"],
            name=op.f("fk_authorization_letter_revoked_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["signed_by_id"], ["user_account.id"], name=op.f("fk_authorization_letter_signed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorization_letter")),
        sa.UniqueConstraint("number", name=op.f("uq_authorization_letter_number")),
    )
    with op.batch_alter_table("authorization_letter", schema=None) as batch_op:
        batch_op.create_index(
            "ix_authorization_letter_valid", ["enterprise_id", "ends_on"], unique=False
        )

    with op.batch_alter_table("enterprise", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("industry_code", sa.String(), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("scale", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("area", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("plot", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("chain", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("founded_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("registered_capital", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("employees", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("revenue", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("revenue_growth", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("research_share", sa.Double(), nullable=True))
        batch_op.add_column(
            sa.Column("in_trouble", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("service_officer_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_enterprise_area"), ["area"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_enterprise_service_officer_id"),
            "user_account",
            ["service_officer_id"],
            ["id"],
        )

    with op.batch_alter_table("service_item", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("listed", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        batch_op.add_column(sa.Column("ladder", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(
            sa.Column("edited", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("acting", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("item_version", sa.Integer(), server_default="1", nullable=False)
        )
        batch_op.add_column(sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_column("suspended_at")
        batch_op.drop_column("item_version")
        batch_op.drop_column("acting")

    with op.batch_alter_table("service_item", schema=None) as batch_op:
        batch_op.drop_column("edited")
        batch_op.drop_column("version")
        batch_op.drop_column("ladder")
        batch_op.drop_column("listed")

    with op.batch_alter_table("enterprise", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_enterprise_service_officer_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_enterprise_area"))
        batch_op.drop_column("service_officer_id")
        batch_op.drop_column("in_trouble")
        batch_op.drop_column("research_share")
        batch_op.drop_column("revenue_growth")
        batch_op.drop_column("revenue")
        batch_op.drop_column("employees")
        batch_op.drop_column("registered_capital")
        batch_op.drop_column("founded_on")
        batch_op.drop_column("chain")
        batch_op.drop_column("plot")
        batch_op.drop_column("area")
        batch_op.drop_column("scale")
        batch_op.drop_column("industry_code")

    with op.batch_alter_table("authorization_letter", schema=None) as batch_op:
        batch_op.drop_index("ix_authorization_letter_valid")

    op.drop_table("authorization_letter")
    with op.batch_alter_table("material_template", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_material_template_park_id"))

    op.drop_table("material_template")
    op.drop_table("item_version")
