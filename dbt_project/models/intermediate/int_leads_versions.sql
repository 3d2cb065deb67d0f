{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('lead_key', ref('touched_lead_versions')) }}"
) }}

{{ record_versions('leads', 'lead_key', merges=true, touched=ref('touched_lead_versions')) }}
