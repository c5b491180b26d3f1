"""The agency's commands, `firmtrade support ...`: its register, readiness, proposals, views, impact.

They belong to the service zone and never read a panel. Who looks at a named firm says so (--user,
--purpose), and it is logged. Heavy parts are imported inside the commands, as in `cli`.
"""

from __future__ import annotations

import typer

from firmtrade.cli_support import firms, impact, register, views, words

app = typer.Typer(
    name="support",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""The agency's side: a register of firms, readiness, segments, measures, entry mode, impact.

    Start here:

    - `firmtrade support init agency.db` makes a register; `support tables` says what it holds.

    - `firmtrade support import firms FILE` fills it; `support assess FIRM` asks the questionnaire.

    - `firmtrade support segment`, `propose FIRM` and `entry-mode` say what follows, and why.

    - `firmtrade support views` shows the report's twelve recommendations on the register; `specify` and
      `impact` say what support did.

    - `firmtrade support demo` makes an agency of firms that never were, to try all of it.

    What was collected for statistics never comes in here: a firm may be named, and who looks is logged.
    """,
)

_COMMANDS = (
    register.init,
    register.tables,
    register.import_,
    firms.assess,
    firms.segment,
    firms.propose,
    firms.decide,
    firms.stage,
    firms.entry_mode,
    views.score,
    views.view,
    views.views,
    impact.follow_up,
    impact.specify,
    impact.impact,
    impact.lottery,
    register.room,
    register.history,
    register.log,
    register.purge,
    words.instrument,
    words.rules,
    words.stage_words,
    views.demo,
)
for _command in _COMMANDS:
    app.command(_command.__name__.strip("_").replace("_", "-"))(_command)


def add_commands(parent: typer.Typer) -> None:
    """Add the agency's commands to the command line."""
    parent.add_typer(app)
