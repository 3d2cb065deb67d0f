{{ config(materialized='view') }}

{{ current_records('benchmarks', 'benchmark_key') }}
