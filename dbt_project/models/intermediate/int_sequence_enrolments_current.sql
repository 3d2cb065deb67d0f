{{ config(materialized='view') }}

{{ current_records('sequence_enrolments', 'enrolment_key') }}
