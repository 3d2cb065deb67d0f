"""What the config says about identity: records that count nowhere, and touches that are one.

The models alone, with what is allowed in them; `settings` reads the file. Who is matched to whom by
hand, is in a file of its own: see `extract.overrides`.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipelines.sources import Name, Strict, one_of

# What a rule may look at; the models that apply the rules know these columns, and no others.
EXCLUDABLE: dict[str, tuple[str, ...]] = {
    "opportunities": (
        "opportunity_name",
        "account_name",
        "owner_name",
        "deal_type",
        "stage",
        "lead_source",
        "pipeline",
    ),
    "accounts": ("account_name", "domain", "segment", "industry", "country"),
    "leads": ("email", "lead_name"),
    "contacts": ("email", "contact_name"),
}


class Exclusion(Strict):
    """Records that are in no KPI: whose column is like a pattern, as SQL's like, in any case."""

    object: str
    column: str
    like: Annotated[str, Field(min_length=1)]
    reason: Literal["test", "internal", "duplicate"]

    @model_validator(mode="after")
    def _column_is_looked_at(self) -> Self:
        if self.object not in EXCLUDABLE:
            raise ValueError(one_of(self.object, list(EXCLUDABLE), "an object with exclusions"))
        columns = list(EXCLUDABLE[self.object])
        if self.column not in columns:
            raise ValueError(one_of(self.column, columns, f"a column for rules of {self.object}"))
        if not self.like.strip("% "):
            raise ValueError(f"{self.like!r} is like everything")
        return self


class Touches(Strict):
    """When records of two tools are one touch, and whose record of it counts.

    `precedence`: sources, the one that wins first; those not named come after: outbound tools, then
    CRMs, each in the order of the config.
    """

    window_minutes: Annotated[int, Field(ge=1, le=1440)] = 5
    precedence: tuple[Name, ...] = ()
