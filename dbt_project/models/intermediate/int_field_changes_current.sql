{{ config(materialized='view') }}

{{ current_records('field_changes', 'field_change_key', keeps_vanished=true) }}
