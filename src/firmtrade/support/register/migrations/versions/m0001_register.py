"""The first register: firms, what they told, what they were given, and who looked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from firmtrade.support.register.migrations.build import append_only, each, functions, guard

revision = "0001"
down_revision = None
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
    ("undertakings", """
        name text!
    """),
    ("firms", """
        name text!
        enterprise_no text
        legal_form text
        natural_person text! [yes no unknown]
        founded_on day
        ended_on day
        activity text
        region text
        growth_ambition text! [yes no unknown]
        innovative text! [yes no unknown]
    """),
    ("members", """
        undertaking_id text!>undertakings
        firm_id text!>firms
        since day!
        until day
    """),
    ("contacts", """
        firm_id text!>firms
        name text!
        role text
        email text
        phone text
        purpose text!
        legal_basis text!
        keep_until day!
    """),
    ("exports", """
        firm_id text!>firms
        year whole!
        flow text! [export export-intra export-extra import import-intra import-extra]
        traded text! [yes no unknown]
        value large
        destinations whole
    """),
    ("accounts", """
        firm_id text!>firms
        year whole!
        item text!
        value large!
    """),
    ("assessments", """
        firm_id text!>firms
        instrument text!
        instrument_version text!
        on_date day!
        mode text! [self adviser external]
        assessor text
    """),
    ("answers", """
        assessment_id text!>assessments
        question text!
        answer text!
        evidence text! [stated documented accounts]
        comment text
    """),
    ("barriers", """
        firm_id text!>firms
        barrier text!
        on_date day!
        severity whole!
        resolved_on day
        admin_hours large
    """),
    ("measures", """
        title text!
        type text! [information promotion financial inward-investment counselling]
        answers_to text
        provider text
        individual text! [yes no unknown]
        state_aid text! [none de-minimis other]
        cofund_rate large
        max_amount large
        unit_cost large
        questions_asked whole
        documents_asked whole
        valid_from day!
        valid_to day
    """),
    ("calls", """
        measure_id text!>measures
        opens text!
        closes text
        places whole
        selection text! [first-come score lottery open]
        cutoff large
        seed text
    """),
    ("applications", """
        firm_id text!>firms
        call_id text>calls
        measure_id text!>measures
        received_at text!
        score large
        decision text! [waiting granted refused withdrawn]
        decided_at text
        decided_by text
        reason text
    """),
    ("support", """
        firm_id text!>firms
        measure_id text!>measures
        application_id text>applications
        started day!
        ended day
        granted_on day
        amount_granted large
        amount_paid large
        cost_to_agency large
        hours large
        markets text
        officer text
    """),
    ("aid", """
        firm_id text!>firms
        granted_on day!
        amount large!
        grantor text!
        reference text
    """),
    ("plans", """
        firm_id text!>firms
        assessment_id text>assessments
        phase text! [assess plan implement monitor]
        owner text
        external_expert text
        started day!
        ended day
    """),
    ("milestones", """
        plan_id text!>plans
        what text!
        due day!
        done_on day
        evidence text [stated documented accounts]
    """),
    ("follow_ups", """
        firm_id text!>firms
        support_id text>support
        due day!
        done_on day
        exported text! [yes no unknown]
        new_market text! [yes no unknown]
        without_help text [none 1-20 21-40 41-60 61-80 81-99 all]
        barrier text
        note text
    """),
    ("proposals", """
        firm_id text!>firms
        on_date day!
        rule text!
        rule_version text!
        measure text!
        outcome text! [propose not-now ask]
        inputs_hash text!
        trace text!
        decision text! [open accepted declined overridden]
        decided_by text
        decided_at text
        instead text
        reason text
    """),
    ("entry_cases", """
        firm_id text!>firms
        market text!
        product text!
        on_date day!
        answers text!
        result text!
    """),
    ("links", """
        firm_id text!>firms
        partner text!
        kind text! [supplier-to-multinational joint-venture cluster agent distributor]
        since day!
        until day
        brokered_by text>support
    """),
]  # fmt: skip

#: Personal data may be removed, and nothing else.
REMOVABLE = "contacts"


def upgrade() -> None:
    """Make everything."""
    functions(op)
    _own()
    each(op, TABLES, COMMON)
    for name, _ in TABLES:
        guard(op, name, removable=name == REMOVABLE)
    append_only(op, "history", removable=REMOVABLE)
    append_only(op, "looks")


def _own() -> None:
    """History, looks and batches."""
    op.create_table("history", _number(), *_columns(
        "entity! row_id! version!: body! replaced_at! replaced_by!"))  # fmt: skip
    op.create_index("ix_history_row", "history", ["entity", "row_id", "version"], unique=True)
    op.create_table("looks", _number(), *_columns("at! who! purpose! action! firm_id object!"))
    op.create_index("ix_looks_firm_id", "looks", ["firm_id"])
    op.create_table("batches", sa.Column("id", sa.Text(), primary_key=True), *_columns(
        "entity! file! origin! acknowledged!: waiting! started_at! done_at who!"))  # fmt: skip


def _number() -> sa.Column:
    return sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=True)


def _columns(drawn: str) -> list[sa.Column]:
    """Texts, and whole numbers where a ':' follows; '!' means not null."""
    return [
        sa.Column(part.strip("!:"), sa.Integer() if ":" in part else sa.Text(), nullable="!" not in part)
        for part in drawn.split()
    ]
