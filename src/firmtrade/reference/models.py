"""The page of models: what each kind answers and what [models.NAME] may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firmtrade.reference.markdown import code, rows, source_link

if TYPE_CHECKING:
    from firmtrade.study import StudySpec

_ABOUT = """
A study asks for models as it asks for tables. Every model has `kind`, `sample` (or `samples`), and may have
`title`, `years = [FIRST, LAST]`, `text` (said before its methods) and `like` (another model whose fields it
takes); the rest are the options of its kind. Its figures are in `models.csv`, its section in the report has
what was found, its figures, and how it was made. Models need the extra `econ`:
`pip install 'firmtrade[econ]'`.

    [models.premia-manufacturing]
    kind = "premia"
    sample = "manufacturing"
    outcomes = ["employment", "turnover"]
"""


def models_page(spec: StudySpec) -> str:
    """Every kind of model with its options, in the order of the registry."""
    from firmtrade.estimate.kinds import KINDS

    return "\n".join(["# Models", _ABOUT, *(_section(kind, spec) for kind in KINDS)])


def _section(kind: str, spec: StudySpec) -> str:
    from firmtrade.estimate.kinds import kind_of

    module = kind_of(kind)
    options = module.Options.model_fields
    lines = [[code(name), _default(field), field.description or ""] for name, field in options.items()]
    cited = "".join(f"- {source_link(name, spec.catalog)}\n" for name in module.SOURCES)
    asked = [model.name for model in spec.models if model.kind == kind]
    used = f"\nAsked by this study: {', '.join(map(code, asked))}.\n" if asked else ""
    return (
        f"## {kind}\n\n{module.__doc__.strip()}\n\n{rows(['option', 'default', 'meaning'], lines)}"
        f"{used}\nSources:\n\n{cited}"
    )


def _default(field: Any) -> str:
    import json

    if field.is_required():
        return "must be said"
    value = field.default
    return code(json.dumps(list(value) if isinstance(value, tuple) else value))
