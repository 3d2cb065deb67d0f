"""How the rows of batches lie in their Parquet files, and the SQL that reads them again."""

from pathlib import Path

from pipelines.sql import path_list

# Small row groups, because a writer holds one per thread in memory; the fastest level.
FORMAT = "(format parquet, compression zstd, compression_level 1, row_group_size 61440)"

# The `_row` of a batch that holds all rows of its file in their order: it is the row's place.
# To number the rows while they are written would keep all but one core from writing.
ROW_BY_PLACE = 0


def rows_of(paths: list[Path]) -> str:
    """A select of all rows of batches, whatever their columns, each with its row in the export."""
    return (
        f"select * exclude (file_row_number) replace (case when _row = {ROW_BY_PLACE} "
        "then file_row_number + 1 else _row end as _row) from "
        f"read_parquet({path_list(paths)}, union_by_name => true, file_row_number => true)"
    )
