{% set days = ref('int_snapshot_days') -%}
{% set probabilities = ref('int_stage_probabilities') -%}
{% set rates = ref('int_snapshot_rates') -%}
{% if is_increment() -%}
-- days of which a snapshot is taken now or no more, and those that value a deal otherwise
{{ changed(days, ['snapshot_on']) }}
union
{{ changed(probabilities, ['snapshot_on']) }}
union
{{ changed(rates, ['snapshot_on']) }}
{%- else -%}
{{ no_keys('snapshot_on', type='date') }}
{%- endif %}
