select
    batch,
    source,
    object,
    file_name,
    as_of,
    held_at,
    rows_read,
    reason
from {{ source('run', 'held_batches') }}
