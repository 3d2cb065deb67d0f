{{ config(materialized='view') }}

{{ current_records('campaigns', 'campaign_key') }}
