{{ config(materialized='view') }}

{{ current_records('invoices', 'invoice_key') }}
