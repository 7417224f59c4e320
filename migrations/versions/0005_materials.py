"""Documents kept once, deferred materials, originals handed over."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_in_by_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("replaced_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.Column("expiry_told", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_document_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_document_upload_id")),
        sa.ForeignKeyConstraint(
            ["handed_in_by_id"], ["user_account.id"], name=op.f("fk_document_handed_in_by_id")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_document_ticket_id")),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["document.id"], name=op.f("fk_document_replaced_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["user_account.id"], name=op.f("fk_document_withdrawn_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_document_upload_id")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index("ix_document_folder", ["enterprise_id", "kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_document_ticket_id"), ["ticket_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_document_valid_until"), ["valid_until"], unique=False)

    op.create_table(
        "ticket_material",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("asks", sa.String(), nullable=False),
        sa.Column("deferrable", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("help", sa.Boolean(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("promise", sa.String(), nullable=False),
        sa.Column("promised_by_id", sa.Integer(), nullable=True),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_in_by_id", sa.Integer(), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repaired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repaired_by_id", sa.Integer(), nullable=True),
        sa.Column("repair_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_material_ticket_id")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_ticket_material_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_ticket_material_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["promised_by_id"], ["user_account.id"], name=op.f("fk_ticket_material_promised_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["handed_in_by_id"],
            ["user_account.id"],
            name=op.f("fk_ticket_material_handed_in_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["repaired_by_id"], ["user_account.id"], name=op.f("fk_ticket_material_repaired_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_material")),
        sa.UniqueConstraint(
            "ticket_id", "position", name=op.f("uq_ticket_material_ticket_id_position")
        ),
    )
    with op.batch_alter_table("ticket_material", schema=None) as batch_op:
        batch_op.create_index("ix_ticket_material_due", ["state", "due_on"], unique=False)
        batch_op.create_index(
            "ix_ticket_material_lapsed", ["enterprise_id", "lapsed_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_ticket_material_document_id"), ["document_id"], unique=False
        )

    op.create_table(
        "material_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("material_id", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["material_id"], ["ticket_material.id"], name=op.f("fk_material_file_material_id")
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_material_file_upload_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_file")),
        sa.UniqueConstraint("upload_id", name=op.f("uq_material_file_upload_id")),
    )
    with op.batch_alter_table("material_file", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_material_file_material_id"), ["material_id"], unique=False
        )

    op.create_table(
        "original",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by_id", sa.Integer(), nullable=False),
        sa.Column("handed_by", sa.String(), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_by_id", sa.Integer(), nullable=True),
        sa.Column("taken_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["authorization_letter.id"], name=op.f("fk_original_letter_id")
        ),
        sa.ForeignKeyConstraint(
            ["received_by_id"], ["user_account.id"], name=op.f("fk_original_received_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["returned_by_id"], ["user_account.id"], name=op.f("fk_original_returned_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_original")),
    )
    with op.batch_alter_table("original", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_original_letter_id"), ["letter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_original_returned_at"), ["returned_at"], unique=False)

    with op.batch_alter_table("authorization_letter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("signer", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("statement", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("scan_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("expiry_told", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("originals_told", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_foreign_key(
            batch_op.f("fk_authorization_letter_scan_id"), "upload", ["scan_id"], ["id"]
        )

    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.add_column(sa.Column("enterprise_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_upload_enterprise_id"), "enterprise", ["enterprise_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_upload_enterprise_id"), type_="foreignkey")
        batch_op.drop_column("enterprise_id")

    with op.batch_alter_table("authorization_letter", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_authorization_letter_scan_id"), type_="foreignkey")
        batch_op.drop_column("version")
        batch_op.drop_column("originals_told")
        batch_op.drop_column("expiry_told")
        batch_op.drop_column("scan_id")
        batch_op.drop_column("statement")
        batch_op.drop_column("signer")

    op.drop_table("original")
    op.drop_table("material_file")
    op.drop_table("ticket_material")
    op.drop_table("document")
