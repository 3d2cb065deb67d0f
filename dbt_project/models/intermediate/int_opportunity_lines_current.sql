{{ config(materialized='view') }}

{{ current_records('opportunity_lines', 'line_key') }}
