"""Evaluation: specifications fixed before outcomes are opened, openings, lotteries. Never changed."""

from __future__ import annotations

from alembic import op

from firmtrade.support.register.migrations.build import append_only, each

revision = "0002"
down_revision = "0001"
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
    ("specifications", """
        question text!
        spec text!
        spec_hash text!
        known_until whole
    """),
    ("openings", """
        specification_id text!>specifications
        number whole!
        result text!
        result_hash text!
    """),
    ("draws", """
        kind text! [call invitation]
        call_id text>calls
        on_date day!
        seed text!
        seed_source text
        places whole!
        entrants whole!
        entrants_hash text!
    """),
    ("drawn", """
        draw_id text!>draws
        firm_id text!>firms
        ticket text!
        rank whole!
        arm text! [offered control]
    """),
]  # fmt: skip


def upgrade() -> None:
    """Make the tables; what is written in them stays as it is."""
    each(op, TABLES, COMMON)
    for name, _ in TABLES:
        append_only(op, name)
