"""The first form of a project's tables (format 1.0)."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    _project_tables()
    _image_table()
    _face_tables()
    _image_tables()
    _journal_table()


def downgrade() -> None:
    """Refuse: a project is never taken back to before its first form."""
    raise NotImplementedError("there is no older form than the first")


def _project_tables() -> None:
    op.create_table(
        "format",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("minor", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_format")),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name")),
        sa.UniqueConstraint("text", name=op.f("uq_name_text")),
    )
    op.create_table(
        "root",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("relative", sa.Text(), nullable=False),
        sa.Column("added", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_root")),
        sa.UniqueConstraint("path", name=op.f("uq_root_path")),
    )
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("text", name=op.f("uq_tag_text")),
    )
    op.create_table(
        "model_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("weights", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("metrics", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_version")),
        sa.UniqueConstraint("name", name=op.f("uq_model_version_name")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )


def _image_table() -> None:
    op.create_table(
        "image",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("root_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("orientation", sa.SmallInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(length=16), nullable=False),
        sa.Column("photo", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("faces", sa.SmallInteger(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("doubt", sa.Double(), nullable=False),
        sa.Column("updated", sa.Double(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=True),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["name.id"], name=op.f("fk_image_annotator_id")),
        sa.ForeignKeyConstraint(["root_id"], ["root.id"], name=op.f("fk_image_root_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
    )
    op.create_index(op.f("ix_image_confidence_id"), "image", ["confidence", "id"], unique=False)
    op.create_index(op.f("ix_image_content"), "image", ["content"], unique=False)
    op.create_index(op.f("ix_image_doubt_id"), "image", ["doubt", "id"], unique=False)
    op.create_index(op.f("ix_image_faces_id"), "image", ["faces", "id"], unique=False)
    op.create_index(op.f("ix_image_path_id"), "image", ["path", "id"], unique=False)
    op.create_index(op.f("ix_image_photo_id"), "image", ["photo", "id"], unique=False)
    op.create_index(op.f("ix_image_root_id_path"), "image", ["root_id", "path"], unique=True)
    op.create_index(
        op.f("ix_image_status_confidence_id"), "image", ["status", "confidence", "id"], unique=False
    )
    op.create_index(
        op.f("ix_image_status_doubt_id"), "image", ["status", "doubt", "id"], unique=False
    )
    op.create_index(op.f("ix_image_status_id"), "image", ["status", "id"], unique=False)
    op.create_index(
        op.f("ix_image_status_path_id"), "image", ["status", "path", "id"], unique=False
    )
    op.create_index(op.f("ix_image_updated_id"), "image", ["updated", "id"], unique=False)


def _face_tables() -> None:
    op.create_table(
        "face",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=64), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("x0", sa.Double(), nullable=False),
        sa.Column("y0", sa.Double(), nullable=False),
        sa.Column("x1", sa.Double(), nullable=False),
        sa.Column("y1", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("roll", sa.Double(), nullable=False),
        sa.Column("pose_yaw", sa.Double(), nullable=True),
        sa.Column("pose_pitch", sa.Double(), nullable=True),
        sa.Column("pose_roll", sa.Double(), nullable=True),
        sa.Column("points", sa.LargeBinary(), nullable=True),
        sa.Column("override", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_face_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_face")),
        sa.UniqueConstraint("uid", name=op.f("uq_face_uid")),
    )
    op.create_index(op.f("ix_face_image_id"), "face", ["image_id"], unique=False)
    op.create_table(
        "proposal",
        sa.Column("face_uid", sa.String(length=64), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_proposal_image_id")),
        sa.ForeignKeyConstraint(["model_id"], ["name.id"], name=op.f("fk_proposal_model_id")),
        sa.PrimaryKeyConstraint("face_uid", "model_id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_image_id"), "proposal", ["image_id"], unique=False)


def _image_tables() -> None:
    op.create_table(
        "image_tag",
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_image_tag_image_id")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_image_tag_tag_id")),
        sa.PrimaryKeyConstraint("tag_id", "image_id", name=op.f("pk_image_tag")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_image_tag_image_id"), "image_tag", ["image_id"], unique=False)
    op.create_table(
        "comment",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_comment_image_id")),
        sa.PrimaryKeyConstraint("image_id", "position", name=op.f("pk_comment")),
    )
    op.create_table(
        "credit",
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.Column("name_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_credit_image_id")),
        sa.ForeignKeyConstraint(["name_id"], ["name.id"], name=op.f("fk_credit_name_id")),
        sa.PrimaryKeyConstraint("role", "name_id", "image_id", name=op.f("pk_credit")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_credit_image_id"), "credit", ["image_id"], unique=False)
    op.create_table(
        "lease",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("session", sa.String(length=32), nullable=False),
        sa.Column("annotator", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("process", sa.Integer(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_lease_image_id")),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_lease")),
    )


def _journal_table() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("annotator_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("edit", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["annotator_id"], ["name.id"], name=op.f("fk_journal_annotator_id")
        ),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_journal_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_journal_image_id_parent_id"), "journal", ["image_id", "parent", "id"], unique=False
    )
