select
    source,
    object,
    batch,
    file_name,
    state,
    as_of,
    drift,
    column_name,
    found_before,
    found_now
from {{ source('run', 'schema_drift') }}
