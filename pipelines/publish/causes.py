"""What came between two publishes: batches, files read anew, other definitions, code and settings.

They explain what no record does, and why some records changed.
"""

from pathlib import Path
from typing import Any

import duckdb

from pipelines.extract import ledger
from pipelines.extract.ledger import Entry, Ledger
from pipelines.publish.records import Publish, insert
from pipelines.settings import Settings
from pipelines.sql import literal, path_list


def is_redefined(mine: Publish, previous: dict[str, Any]) -> bool:
    """True when definitions or code are not those of the last publish."""
    return (mine.spec_version, mine.code_version) != (
        previous["spec_version"],
        previous["code_version"],
    )


def news_since(known: Ledger, previous: dict[str, Any]) -> list[Entry]:
    """What was applied since the last publish; nothing is told of a journal without the count."""
    since = previous["ledger_entries"]
    entries = known.entries[since:] if since is not None else ()
    return [entry for entry in entries if known.state(entry) == "applied"]


def _is_read_anew(known: Ledger, entry: Entry) -> bool:
    """True for a batch of content that had been applied before, by another contract."""
    applied = {one.batch for one in known.entries if one.state == "applied"}
    return bool(applied & set(entry.supersedes))


def _feeds(settings: Settings, entry: Entry) -> tuple[str, ...]:
    """The objects of objects.yml that a batch is of."""
    shape = settings.shape(entry.source, str(entry.object))
    return (shape.feeds if shape else ()) or (str(entry.object),)


def add_batches(
    connection: duckdb.DuckDBPyConnection, settings: Settings, known: Ledger, news: list[Entry]
) -> None:
    """Table `new_batches`: what was applied since the last publish."""
    connection.execute(
        "create temporary table new_batches (batch varchar, object varchar, file_name varchar, "
        "is_read_anew boolean)"
    )
    insert(
        connection,
        "new_batches",
        [
            [
                entry.batch,
                fed,
                f"{entry.source}/{entry.file_name}",
                _is_read_anew(known, entry),
            ]
            for entry in news
            for fed in _feeds(settings, entry)
        ],
    )


def add_keys(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    known: Ledger,
    news: list[Entry],
    previous: dict[str, Any],
) -> None:
    """Table `known_keys`: records that were quarantined before, or that only a re-reading holds."""
    anew = [entry for entry in news if _is_read_anew(known, entry)]
    fresh = [entry for entry in news if entry not in anew]
    before = [
        entry
        for entry in known.entries[: previous["ledger_entries"] or 0]
        if entry.batch and entry.counts.quarantined_rows
    ]
    read_anew, fresh_keys, quarantined = (
        _keys(settings, entries, where=where)
        for entries, where in (
            (anew, "_reject is null"),
            (fresh if anew else [], "_reject is null"),
            (before, "_reject is not null and _key is not null"),
        )
    )
    connection.execute(f"""
        create temporary table known_keys as
        select object, record_key, 'contract changed' as reason
        from (({read_anew}) except ({fresh_keys}))
        union all
        select object, record_key, 'quarantine released' from ({quarantined})
    """)


def _keys(settings: Settings, entries: list[Entry], *, where: str) -> str:
    """A select of the records in batches, by object."""
    paths: dict[tuple[str, str], list[Path]] = {}
    for entry in entries:
        for fed in _feeds(settings, entry):
            file = ledger.batch_file(settings.lake_dir, entry)
            paths.setdefault((fed, entry.source), []).append(file)
    selects = [
        f"select distinct {literal(name)} as object, {literal(source + ':')} || _key as record_key "
        f"from read_parquet({path_list(listed)}, union_by_name => true) where {where}"
        for (name, source), listed in paths.items()
    ]
    nothing = "select cast(null as varchar) as object, cast(null as varchar) as record_key"
    return " union all ".join([f"{nothing} where false", *selects])


def add_causes(
    connection: duckdb.DuckDBPyConnection, mine: Publish, previous: dict[str, Any]
) -> None:
    """Table `causes`: per KPI, the likeliest reason for what no record explains.

    In this order: other definitions, files read anew, other code, what arrived of the objects that
    the KPI reads, what else arrived; the config is what is left.
    """
    connection.execute("create temporary table changes (place integer, detail varchar)")
    for place, name in ((1, "spec_version"), (3, "code_version")):
        was, now = previous[name], getattr(mine, name)
        if was != now:
            words = f"{name.removesuffix('_version')} {was} → {now}"
            insert(connection, "changes", [[place, words]])
    insert(connection, "changes", [[7, "a setting"]])
    connection.execute("""
        create temporary table causes as
        with reads as (
            select distinct kpi, statistic, unnest(string_split(reads, ',')) as object
            from build.intermediate.int_kpi_bases
        ),

        kpis as (select distinct kpi, statistic from restated),

        found as (
            select kpis.kpi, kpis.statistic, changes.place, 'definition changed' as reason,
                null as object, null as record_key, changes.detail
            from kpis cross join changes
            union all
            select kpis.kpi, kpis.statistic,
                case
                    when new_batches.is_read_anew then if(reads.object is null, 5, 2)
                    else if(reads.object is null, 6, 4)
                end,
                if(new_batches.is_read_anew, 'contract changed', 'late source'),
                new_batches.object, new_batches.batch, new_batches.file_name
            from kpis
            cross join new_batches
            left join reads
                on kpis.kpi = reads.kpi and kpis.statistic = reads.statistic
                and new_batches.object = reads.object
        )

        select kpi, statistic, reason, object, record_key, detail,
            row_number() over (partition by kpi, statistic order by record_key) as number
        from (select *, min(place) over (partition by kpi, statistic) as first_place from found)
        where place = first_place
    """)
