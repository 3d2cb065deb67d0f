select
    batch,
    source,
    object,
    file_name,
    row_number,
    line,
    reasons,
    amount
from {{ source('run', 'quarantined_rows') }}
