"""A question under every registered definition of its words: the range of answers, and what flips."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

TITLE = "The same question under other definitions"
SOURCES = ("steegen-2016",)


class Options(BaseModel):
    """Which model is asked again and again."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    question: str = Field(description="the model of this study that is asked")
