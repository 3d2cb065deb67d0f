{{ config(materialized='view') }}

{{ current_records('contacts', 'contact_key', keeps_merged=true) }}
