{# The KPIs of the spec, one row per kpi, statistic, grain, period, scope, member (and is_to_date), from
   the relation that `kpi_cells` makes. In a scope that `scope_metrics` names, the metric named there
   answers. #}
{% macro kpi_rows(cells) -%}
{%- if not execute %}
select 1 as is_not_executed
{%- else %}
{%- set blocks = [] -%}
{%- for metric in spec_kpis() -%}
    {%- set meta = metric.config.meta.kpimart -%}
    {%- set special = meta.get('scope_metrics', {}) -%}
    {%- set plain = [] -%}
    {%- for scope in meta.scopes if scope not in special -%}
        {%- do plain.append(scope) -%}
    {%- endfor -%}
    {%- do blocks.append({'metric': metric, 'meta': meta, 'scopes': plain}) -%}
    {%- set by_answer = {} -%}
    {%- for scope, name in special.items() if scope in meta.scopes -%}
        {%- do by_answer.setdefault(name, []).append(scope) -%}
    {%- endfor -%}
    {%- for name, scopes in by_answer.items() -%}
        {%- do blocks.append({'metric': spec_metric(name), 'meta': meta, 'scopes': scopes}) -%}
    {%- endfor -%}
{%- endfor -%}
{%- for block in blocks if block.scopes %}
{{ kpi_block(block.metric, block.meta, block.scopes, cells) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endif %}
{%- endmacro %}

{% macro kpi_block(metric, meta, scopes, cells) -%}
{%- set basis = spec_basis(metric).name -%}
{%- set value = metric_value(metric) -%}
{%- set ratio = metric.type == 'ratio' -%}
{%- if ratio -%}
    {%- set top = metric_value(spec_metric(metric.type_params.numerator.name)) -%}
    {%- set bottom = metric_value(spec_metric(metric.type_params.denominator.name)) -%}
{%- endif -%}
{%- set shares = meta.get('needs_shares') -%}
{%- set infinite_code = meta.get('infinite_code') -%}
{%- set provisional = meta.get('provisional') -%}
select
    '{{ meta.kpi }}' as kpi,
    '{{ meta.get("statistic", "value") }}' as statistic,
    {{ meta.get('is_headline', true) | lower }} as is_headline,
    grain,
    is_to_date,
    period_start,
    period_end,
    period_number,
    is_running,
    scope,
    member,
    {%- if shares %}
    case when {{ shares_suffice(shares) }} then {{ value }} end as value,
    {%- elif infinite_code %}
    case when {{ value }} < 1e300 then {{ value }} end as value,
    {%- else %}
    {{ value }} as value,
    {%- endif %}
    {{ top if ratio else 'cast(null as double)' }} as numerator,
    {{ bottom if ratio else 'cast(null as double)' }} as denominator,
    {%- if meta.get('sample') and ratio %}
    cast(coalesce({{ meta.sample }}, {{ bottom }}) as bigint) as sample_size,
    {%- elif meta.get('sample') %}
    cast({{ meta.sample }} as bigint) as sample_size,
    {%- elif meta.get('rate_kind') == 'proportion' %}
    cast({{ bottom }} as bigint) as sample_size,
    {%- else %}
    cast(null as bigint) as sample_size,
    {%- endif %}
    '{{ meta.get("rate_kind", "none") }}' as rate_kind,
    {{ "'" ~ meta.cohort_window ~ "'" if meta.get('cohort_window') else 'cast(null as varchar)' }}
        as cohort_window,
    '{{ meta.get("quota_measure", meta.kpi) }}' as quota_measure,
    {{ basis }}_covered as is_covered,
    {{ basis }}_partial_start as is_partial_start,
    {{ basis }}_stale as is_stale,
    {%- if provisional %}
    coalesce({{ provisional.measure }}, 0) > 0 as is_provisional,
    '{{ provisional.code }}' as provisional_code,
    {%- else %}
    false as is_provisional,
    cast(null as varchar) as provisional_code,
    {%- endif %}
    {%- if meta.get('unconverted') %}
    coalesce({{ meta.unconverted }}, 0) > 0 as is_unconverted,
    {%- else %}
    false as is_unconverted,
    {%- endif %}
    {%- if shares %}
    case when not {{ shares_suffice(shares) }} then '{{ shares.code }}' end as null_code
    {%- elif infinite_code %}
    case when {{ value }} >= 1e300 then '{{ infinite_code }}' end as null_code
    {%- else %}
    cast(null as varchar) as null_code
    {%- endif %}
from {{ cells }}
where
    {%- for name in spec_bases(metric) %}
    has_{{ name }} and
    {%- endfor %}
    scope in ('{{ scopes | join("', '") }}')
    and grain in ('{{ meta.get("grains", grains()) | join("', '") }}')
{%- endmacro %}

{# True where each part is at least the given share of its whole; a whole of 0 needs nothing. #}
{% macro shares_suffice(shares) -%}
(
    {%- for part, whole in shares.of.items() %}
        {{ part }} >= {{ shares.at_least }} * {{ whole }}
        {%- if not loop.last %} and {% endif %}
    {%- endfor -%}
)
{%- endmacro %}
