{{ config(materialized='view') }}

{{ current_records('market_size', 'market_size_key') }}
