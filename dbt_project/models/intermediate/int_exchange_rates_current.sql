{{ config(materialized='view') }}

{{ current_records('exchange_rates', 'exchange_rate_key') }}
