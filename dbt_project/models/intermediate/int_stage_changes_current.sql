{{ config(materialized='view') }}

{{ current_records('stage_changes', 'stage_change_key', keeps_vanished=true) }}
