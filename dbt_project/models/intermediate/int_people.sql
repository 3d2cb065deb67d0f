{{ config(materialized='view') }}

{{ people(ref('int_person_records'), ref('int_person_clusters')) }}
