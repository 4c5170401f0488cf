"""Second annotations and assignments (format 1.1): tables beside those that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of second annotations and of assignments."""
    op.create_table(
        "second",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=False),
        sa.Column("annotation", sa.LargeBinary(), nullable=False),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["name.id"], name=op.f("fk_second_annotator_id")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_second_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second")),
    )
    op.create_index(op.f("ix_second_annotator_id"), "second", ["annotator_id"], unique=False)
    op.create_index(
        op.f("ix_second_image_id_annotator_id"), "second", ["image_id", "annotator_id"], unique=True
    )
    _entries()
    op.create_table(
        "assignment",
        sa.Column("task", sa.SmallInteger(), nullable=False),
        sa.Column("name_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_assignment_image_id")),
        sa.ForeignKeyConstraint(["name_id"], ["name.id"], name=op.f("fk_assignment_name_id")),
        sa.PrimaryKeyConstraint("task", "name_id", "image_id", name=op.f("pk_assignment")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_assignment_image_id"), "assignment", ["image_id"], unique=False)


def _entries() -> None:
    op.create_table(
        "second_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("action", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("edit", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["second_id"], ["second.id"], name=op.f("fk_second_entry_second_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_entry")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_second_entry_second_id_parent_id"),
        "second_entry",
        ["second_id", "parent", "id"],
        unique=False,
    )


def downgrade() -> None:
    """Refuse: second annotations would be lost."""
    raise NotImplementedError("a project is never taken back to an older form")
