{{ config(materialized='view') }}

{{ current_records('org_changes', 'org_change_key') }}
