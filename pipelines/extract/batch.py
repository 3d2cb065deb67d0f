"""How the rows of batches lie in their Parquet files, and the SQL that reads them again."""

from collections.abc import Sequence
from pathlib import Path

from pipelines.extract.ledger import Entry, batch_file
from pipelines.sql import literal, moment, path_list

# Small row groups, because a writer holds one per thread in memory; the fastest level.
FORMAT = "(format parquet, compression zstd, compression_level 1, row_group_size 61440)"


def rows_of(lake_dir: Path, entries: Sequence[Entry]) -> str:
    """A select of all rows of batches, whatever their columns, each with its stamps.

    A file that was written while it was read has none: what its rows are stamped with was not known
    then, and is the same for all but for the row, which is its place.
    """
    stamped = [batch_file(lake_dir, entry) for entry in entries if not entry.is_as_read]
    selects = [_stamped(lake_dir, entry) for entry in entries if entry.is_as_read]
    if stamped:
        selects.append(f"select * from read_parquet({path_list(stamped)}, union_by_name => true)")
    return " union all by name ".join(selects)


def _stamped(lake_dir: Path, entry: Entry) -> str:
    if entry.as_of is None:
        raise ValueError(f"{entry.file_name}: a batch has a moment")
    return (
        "select * exclude (file_row_number), file_row_number + 1 as _row, "
        f"{literal(entry.source)} as _source, {moment(entry.as_of)} as _as_of, "
        f"{literal(str(entry.batch))} as _batch, 'upsert' as _op "
        f"from read_parquet({literal(batch_file(lake_dir, entry))}, file_row_number => true)"
    )
