{% set batches = source('run', 'applied_batches') -%}
{% set leads = union_systems('leads') -%}
{% if is_increment() -%}
select distinct leads.lead_key
from (
    {{ leads }}
) as leads
where {{ is_new('leads._batch', batches) }}
{%- else -%}
{{ no_keys('lead_key') }}
{%- endif %}
