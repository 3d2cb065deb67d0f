{{ config(materialized='view') }}

{{ current_records('surveys', 'survey_answer_key') }}
