{{ config(materialized='view') }}

{{ current_records('activities', 'activity_key') }}
