{{ config(materialized='view') }}

{{ current_records('web_traffic', 'web_traffic_key') }}
