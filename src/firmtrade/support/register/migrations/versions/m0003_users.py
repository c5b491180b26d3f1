"""Users and their roles."""

from __future__ import annotations

from alembic import op

from firmtrade.support.register.migrations.build import each, guard

revision = "0003"
down_revision = "0002"
branch_labels = depends_on = None

COMMON = """
    id text!
    version whole!
    origin text! [firm agency public-accounts public-register]
    recorded_at text!
    recorded_by text!
    batch_id text
"""

TABLES = [
    ("users", """
        who text!
        role text! [reader adviser analyst admin]
        until day
    """),
]  # fmt: skip


def upgrade() -> None:
    """Make the table; who had which role when is kept."""
    each(op, TABLES, COMMON)
    for name, _ in TABLES:
        guard(op, name)
