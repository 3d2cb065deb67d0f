{{ config(materialized='view') }}

{{ current_records('campaign_members', 'member_key') }}
