"""Why a record moved a published number: the first reason that fits what changed of it."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from pipelines.journal import ACCOUNT_COLUMNS
from pipelines.publish.rows import Account
from pipelines.sql import literal

REASONS = {
    "merged": "the record was merged into another one",
    "deleted": "the record was deleted, or no source delivers it any more",
    "excluded": "a rule leaves the record out now, as a test or internal one",
    "restored": "the record had been deleted, merged or left out, and counts again",
    "quarantine released": "the record's row could not be read before",
    "contract changed": "the config reads the same files otherwise now",
    "late source": "the record arrived after its period had been published",
    "reopened": "the deal was closed and is open again",
    "late close": "the deal was closed in the past after that had been published",
    "outcome changed": "a won deal became a lost one, or the other way round",
    "amount changed": "the tool has another amount",
    "date changed": "the tool has another day, which may be of another period",
    "rate changed": "the amount is the same, its rate of exchange is not",
    "reclassified": "the record counts elsewhere: another team, region, owner, segment or class",
    "definition changed": "the KPI, the code or a setting changed",
}

# The amount that counts by a day, and the words for what else a record can differ in.
_AMOUNTS = {"closed_on": "amount", "created_on": "created_amount"}
_TOLD = (
    "stage",
    "outcome",
    "status",
    "lead_kind",
    "exclusion",
    "revenue_class",
    "source_amount",
    "created_on",
    "closed_on",
    "qualified_on",
    "response_minutes",
)
_PLACES = ("rep", "team", "region")
_ACCOUNT_PLACES = ("segment",)
_PLACED_BY = {"closed_on": "_at_close", "created_on": "_at_creation"}
_DERIVED = ("revenue_class", *(name for name in ACCOUNT_COLUMNS if name.startswith("is_")))


@dataclass(frozen=True, kw_only=True)
class Basis:
    """A measure of a semantic model whose fact has an account; `is_exact`: its part is known."""

    semantic_model: str
    measure: str
    account: Account
    dated_on: str
    region: str
    team: str
    expression: str
    is_sum: bool
    is_exact: bool


def add_reasons(
    connection: duckdb.DuckDBPyConnection, bases: list[Basis], *, is_redefined: bool
) -> None:
    """Table `reasons`: why a record moved, by semantic model: one record has several days."""
    models = {basis.semantic_model: basis for basis in bases}
    nothing = """
        select null as semantic_model, null as record_key, null as reason, null as object,
            null as amount_before, null as amount_after, null as on_before, null as on_after,
            null as detail where false
    """
    selects = [_reasons(basis, is_redefined=is_redefined) for basis in models.values()]
    connection.execute(
        "create temporary table reasons as " + " union all ".join(selects or [nothing])
    )


def _reasons(basis: Basis, *, is_redefined: bool) -> str:
    """Per changed record of a semantic model, the first reason that fits."""
    record_object = basis.account.explained_by
    is_lead = record_object == "leads"
    day, amount = basis.dated_on, _AMOUNTS.get(basis.dated_on)
    suffix = "" if is_lead else _PLACED_BY.get(day, "")
    places = {name: f"{name}{suffix}" for name in (*_PLACES, *(() if is_lead else _ACCOUNT_PLACES))}
    if is_lead or amount is None:
        nothing = "cast(null as decimal(18, 2))"
        amounts = f"{nothing} as amount_before, {nothing} as amount_after"
    else:
        amounts = (
            f"case when not is_gone_before then was.{amount} end as amount_before, "
            f"case when not is_gone_now then now.{amount} end as amount_after"
        )
    return f"""
        select {literal(basis.semantic_model)} as semantic_model, record_key,
            {_reason(day, places.values(), is_redefined=is_redefined, is_lead=is_lead)} as reason,
            {literal(record_object)} as object, {amounts},
            case when not is_gone_before then was.{day} end as on_before,
            case when not is_gone_now then now.{day} end as on_after,
            {_detail(places)} as detail
        from (
            select compared_rows.*, {_is_gone("was")} as is_gone_before,
                {_is_gone("now")} as is_gone_now,
                was is null and exists (
                    from known_keys where known_keys.object = compared_rows.object
                    and known_keys.record_key = compared_rows.record_key
                    and known_keys.reason = 'quarantine released'
                ) as was_quarantined,
                exists (
                    from known_keys where known_keys.object = compared_rows.object
                    and known_keys.record_key = compared_rows.record_key
                    and known_keys.reason = 'contract changed'
                ) as is_read_anew
            from compared_rows where object = {literal(record_object)}
        )
    """


def _is_gone(side: str) -> str:
    return (
        f"({side} is null or coalesce({side}.is_deleted, false) "
        f"or coalesce({side}.is_merged, false) or {side}.exclusion is not null)"
    )


def _reason(day: str, places: Iterable[str], *, is_redefined: bool, is_lead: bool) -> str:
    """SQL for the first reason that fits a record's change, as seen by the day it counts on."""
    given = _differ(("stage", "outcome", "status", "source_amount", "source_currency", day))
    closed_before, closed_now = (
        f"coalesce({side}.outcome in ('won', 'lost'), false)" for side in ("was", "now")
    )
    otherwise = "late source" if is_lead else "reclassified"
    return f"""
            case
                when not coalesce(was.is_merged, false) and now.is_merged then 'merged'
                when now is null or (not is_gone_before and now.is_deleted) then 'deleted'
                when not is_gone_before and now.exclusion is not null then 'excluded'
                when was_quarantined then 'quarantine released'
                when is_read_anew and (was is null or {given}) then 'contract changed'
                when was is null then 'late source'
                when is_gone_before and not is_gone_now then 'restored'
                when was.stage = now.stage and was.stage <> '(none)'
                    and was.outcome is distinct from now.outcome then 'contract changed'
                when {closed_before} and now.outcome = 'open' then 'reopened'
                when not {closed_before} and {closed_now} then 'late close'
                when was.outcome is distinct from now.outcome then 'outcome changed'
                when {_differ(("source_amount", "source_currency"))} then 'amount changed'
                when {_differ((day,))} then 'date changed'
                when {_differ(("amount", "is_converted"))} then 'rate changed'
                when {_differ(("created_amount", "decided_amount"))} then 'amount changed'
                when {_differ((*places, "lead_kind"))} then 'reclassified'
                when {str(is_redefined).lower()} and {_differ(_DERIVED)} then 'definition changed'
                else {literal(otherwise)}
            end"""


def _differ(names: Iterable[str]) -> str:
    listed = " or ".join(f"was.{name} is distinct from now.{name}" for name in names)
    return f"({listed})"


def _detail(places: dict[str, str]) -> str:
    """SQL for what differs in words, as `team: West → East`; of a record that is there twice."""
    told = {name: name for name in _TOLD} | places
    texts = ", ".join(
        f"case when was.{column} is distinct from now.{column} then {literal(word + ': ')} "
        f"|| coalesce(cast(was.{column} as varchar), '(none)') || ' → ' "
        f"|| coalesce(cast(now.{column} as varchar), '(none)') end"
        for word, column in told.items()
    )
    return (
        "case when not is_gone_before and not is_gone_now then "
        f"coalesce(array_to_string([{texts}], '; '), '') else '' end"
    )
