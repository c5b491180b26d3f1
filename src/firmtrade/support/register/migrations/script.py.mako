"""${message}"""

from alembic import op

from firmtrade.support.register.migrations.build import guard

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
