"""What every section of `instance.toml` is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class Means:
    """What a key says, in both languages, for templates and the data dictionary."""

    en: str
    zh: str


class Section(BaseModel):
    """Keys that are declared, and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
