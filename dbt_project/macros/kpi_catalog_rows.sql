{# One row per KPI: those of the metric spec, and those that models compute. A KPI with several
   statistics is described by its headline. `needs` lists the objects without which it is unavailable. #}
{% macro kpi_catalog_rows() -%}
{%- if not execute %}
select 1 as is_not_executed
{%- else %}
{%- set entries = [] -%}
{%- set statistics = {} -%}
{%- for metric in spec_kpis() -%}
    {%- set meta = metric.config.meta.kpimart -%}
    {%- do statistics.setdefault(meta.kpi, []).append(meta.get('statistic', 'value')) -%}
    {%- if meta.get('is_headline', true) -%}
        {%- do entries.append(dict(meta, label=metric.label, description=metric.description, additive=additive_scopes(metric))) -%}
    {%- endif -%}
{%- endfor -%}
{%- for kpi in modelled_kpis() -%}
    {%- do entries.append(dict(kpi, additive=[])) -%}
{%- endfor -%}
{%- for entry in entries | sort(attribute='kpi') %}
select
    '{{ entry.kpi }}' as kpi,
    {{ sql_text(entry.label) }} as label,
    {{ sql_text(entry.description) }} as definition,
    {{ sql_text(entry.formula) }} as formula,
    '{{ entry.unit }}' as unit,
    '{{ entry.direction }}' as direction,
    {{ sql_text(entry.time_basis) }} as time_basis,
    '{{ entry.cadence }}' as cadence,
    {{ sql_text(entry.objective) }} as objective,
    {{ sql_text(entry.owner) }} as owner,
    {{ sql_text(entry.counter_metric) }} as counter_metric,
    '{{ entry.kind }}' as kind,
    '{{ entry.get("rate_kind", "none") }}' as rate_kind,
    '{{ statistics.get(entry.kpi, ["value"]) | sort | join(",") }}' as statistics,
    '{{ entry.get("grains", grains()) | join(",") }}' as grains,
    '{{ entry.scopes | join(",") }}' as scopes,
    '{{ entry.additive | join(",") }}' as additive_scopes,
    '{{ entry.get("needs", ["opportunities"]) | join(",") }}' as needs,
    {{ entry.get("needs", ["opportunities"]) | length }} as needs_count
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endif %}
{%- endmacro %}

{# The scopes in which a KPI's members add up to the company: sums and counts that are answered by a
   sum, over time only where they are not taken at a snapshot. #}
{% macro additive_scopes(metric) -%}
    {%- set meta = metric.config.meta.kpimart -%}
    {%- set scopes = [] -%}
    {%- for scope in meta.scopes if scope != 'company' -%}
        {%- set answer = spec_metric(meta.get('scope_metrics', {}).get(scope, metric.name)) -%}
        {%- if answer.type == 'simple' and spec_measure(answer).agg in ['sum', 'count'] -%}
            {%- do scopes.append(scope) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(scopes) }}
{%- endmacro %}

{# The measure of a simple metric. #}
{% macro spec_measure(metric) -%}
    {%- set model = graph.semantic_models[metric.depends_on.nodes[0]] -%}
    {{ return(model.measures | selectattr('name', 'equalto', metric.type_params.measure.name) | first) }}
{%- endmacro %}

{# A text literal. #}
{% macro sql_text(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}
