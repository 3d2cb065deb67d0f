{# What each KPI rests on, in the scopes whose past values are watched: one row per KPI, statistic,
   answering scopes, measure and period. Of a metric of the spec these are the measures of its inputs,
   in a scope that `scope_metrics` names those of the metric named there. A KPI that a model computes
   says it itself: `rests_on` names metrics, and `base_period` the other period (prior or year_ago) that
   they are taken from too; one that does not say rests on the objects that it needs, as a whole. #}
{% macro kpi_bases() -%}
{%- if not execute %}
select 1 as is_not_executed
{%- else %}
{%- set blocks = [] -%}
{%- for metric in spec_kpis() -%}
    {%- set meta = metric.config.meta.kpimart -%}
    {%- do blocks.extend(basis_blocks(metric, meta.kpi, meta.get('statistic', 'value'), meta.scopes, 'own', true)) -%}
{%- endfor -%}
{%- for kpi in modelled_kpis() -%}
    {%- set statistic = kpi.get('statistic', 'value') -%}
    {%- for name in kpi.get('rests_on', []) -%}
        {%- for period in ['own', kpi.get('base_period')] if period -%}
            {%- do blocks.extend(basis_blocks(spec_metric(name), kpi.kpi, statistic, kpi.scopes, period, false)) -%}
        {%- endfor -%}
    {%- else -%}
        {%- do blocks.append({
            'kpi': kpi.kpi, 'statistic': statistic, 'scopes': watched(kpi.scopes), 'period': 'own', 'adds_up': false,
            'reads': kpi.get('needs', ['opportunities'])
        }) -%}
    {%- endfor -%}
{%- endfor -%}
{%- for block in blocks if block.scopes %}
select
    '{{ block.kpi }}' as kpi,
    '{{ block.statistic }}' as statistic,
    '{{ block.scopes | join(",") }}' as scopes,
    {{ basis_text(block.model and block.model.name) }} as semantic_model,
    {{ basis_text(block.measure and block.measure.name) }} as measure,
    {{ basis_text(block.measure and block.measure.agg) }} as aggregate,
    {{ basis_text(block.measure and (block.measure.expr or block.measure.name)) }} as expression,
    {{ basis_text(block.model and block.model.node_relation.alias) }} as fact,
    {{ basis_text(block.model and basis_column(block.model.dimensions, block.model.defaults.agg_time_dimension)) }} as dated_on,
    {{ basis_text(block.model and basis_column(block.model.entities, 'region')) }} as region,
    {{ basis_text(block.model and basis_column(block.model.entities, 'team')) }} as team,
    '{{ block.reads | join(",") }}' as reads,
    '{{ block.period }}' as base_period,
    {{ block.adds_up | lower }} as adds_up,
    {{ (block.measure and block.measure.non_additive_dimension is not none) | default(false, true) | lower }} as is_semi_additive
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endif %}
{%- endmacro %}

{# The measures of a metric that is a KPI, by the scopes in which they answer. #}
{% macro basis_blocks(metric, kpi, statistic, scopes, period, is_metric) -%}
    {%- set special = (metric.config.meta.get('kpimart') or {}).get('scope_metrics', {}) -%}
    {%- set answers = {} -%}
    {%- for scope in watched(scopes) -%}
        {%- do answers.setdefault(special.get(scope, metric.name), []).append(scope) -%}
    {%- endfor -%}
    {%- set blocks = [] -%}
    {%- for name, answered in answers.items() -%}
        {%- set answer = spec_metric(name) -%}
        {%- for input in spec_inputs(answer) -%}
            {%- set model = graph.semantic_models[input.depends_on.nodes[0]] -%}
            {%- set measure = spec_measure(input) -%}
            {%- do blocks.append({
                'kpi': kpi, 'statistic': statistic, 'scopes': answered, 'period': period, 'model': model,
                'measure': measure, 'reads': model.config.meta.kpimart.reads,
                'adds_up': is_metric and answer.type == 'simple' and measure.agg in ['sum', 'count']
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(blocks) }}
{%- endmacro %}

{# Of a KPI's scopes, those whose published values are kept in the journal. #}
{% macro watched(scopes) -%}
    {%- set found = [] -%}
    {%- for scope in ['company', 'region', 'team'] if scope in scopes -%}
        {%- do found.append(scope) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# The column of the fact behind a dimension or entity of this name; none where there is no such. #}
{% macro basis_column(parts, name) -%}
    {%- for part in parts if part.name == name -%}
        {{ return(part.expr or part.name) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}

{% macro basis_text(text) -%}
    {{ return(sql_text(text) if text else 'cast(null as varchar)') }}
{%- endmacro %}
