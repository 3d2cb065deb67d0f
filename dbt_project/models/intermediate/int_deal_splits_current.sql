{{ config(materialized='view') }}

{{ current_records('deal_splits', 'split_key') }}
