{{ config(materialized='view') }}

{{ current_records('costs', 'cost_key') }}
