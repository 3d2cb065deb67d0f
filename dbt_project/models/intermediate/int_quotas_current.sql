{{ config(materialized='view') }}

{{ current_records('quotas', 'quota_key') }}
