{# The measures of one semantic model, aggregated to every grain and scope that it has: one row per
   grain, period, scope and member, and for the to-date periods of `dim_dates` another (`is_to_date`).
   Only cells that have rows. Additive measures are aggregated first to date × scope tuple; distinct
   counts and percentiles in a statement of their own; semi-additive ones from the last day of each
   period. The model passes `fact` and `dates` in, because `ref` must stand in the model.
   Usage: {{ roll_up('opportunities_by_close', ref('fct_opportunities'), ref('dim_dates')) }} #}
{% macro roll_up(semantic_model, fact, dates) -%}
{%- if not execute %}
select 1 as is_not_executed
{%- else %}
{%- set spec = spec_semantic_model(semantic_model) -%}
{%- set date_name = spec.defaults.agg_time_dimension -%}
{%- set date = (spec.dimensions | selectattr('name', 'equalto', date_name) | first) -%}
{%- set scopes = spec.entities | selectattr('type', 'equalto', 'foreign') | list -%}
{%- set semi = spec.measures | selectattr('non_additive_dimension') | list -%}
{%- if semi and semi | length != spec.measures | length -%}
    {{ exceptions.raise_compiler_error(semantic_model ~ ': keep semi-additive measures in a semantic model of their own') }}
{%- endif -%}
{%- set additive = spec.measures | selectattr('agg', 'in', ['sum', 'count']) | list -%}
{%- set whole = spec.measures | rejectattr('agg', 'in', ['sum', 'count']) | list -%}
{%- set periods = [] -%}
{%- for grain in grains() -%}
    {%- do periods.append({'grain': grain, 'to_date': false, 'column': grain ~ '_start_on'}) -%}
    {%- do periods.append({'grain': grain, 'to_date': true, 'column': grain ~ '_to_date_start_on'}) -%}
{%- endfor %}
with facts as (

    select
        {{ date.expr or date.name }} as dated_on,
        {%- for scope in scopes %}
        {{ scope.expr or scope.name }} as {{ scope.name }},
        {%- endfor %}
        {%- for measure in spec.measures %}
        {{ measure.expr or measure.name }} as {{ measure.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ fact }}

),

dated as (

    select
        facts.*,
        {%- for period in periods %}
        dates.{{ period.column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from facts
    inner join {{ dates }} as dates
        on facts.dated_on = dates.date_on

),

tuples as (

    select
        min(dated_on) as first_dated_on,
        dated_on,
        {%- for period in periods %}
        {{ period.column }},
        {%- endfor %}
        {%- for scope in scopes %}
        {{ scope.name }}{{ ',' if not loop.last or additive }}
        {%- endfor %}
        {%- for measure in additive %}
        {{ measure.agg }}({{ measure.name }}) as {{ measure.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from dated
    group by
        dated_on,
        {%- for period in periods %}
        {{ period.column }},
        {%- endfor %}
        {%- for scope in scopes %}
        {{ scope.name }}{{ ',' if not loop.last }}
        {%- endfor %}

),
{% if semi %}
added as (
    {% for period in periods %}
    select
        {{ decoded_cell([period], scopes) }},
        {{ cell_sums(additive) }}
    from (
        select
            tuples.*,
            max(dated_on) over (partition by {{ period.column }}) as last_dated_on
        from tuples
    ) as last_days
    where dated_on = last_dated_on
    group by grouping sets ({{ cell_sets([period], scopes) }})
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
)

{% else %}
added as (

    select
        {{ decoded_cell(periods, scopes) }},
        {{ cell_sums(additive) }}
    from tuples
    group by grouping sets ({{ cell_sets(periods, scopes) }})

)
{%- if whole %},

measured as (

    select
        {{ decoded_cell(periods, scopes) }},
        {%- for measure in whole %}
        {{ whole_aggregate(measure) }} as {{ measure.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from dated
    group by grouping sets ({{ cell_sets(periods, scopes) }})

)
{%- endif %}
{% endif %}
select
    added.grain,
    added.is_to_date,
    added.period_start,
    added.scope,
    added.member,
    added.first_dated_on,
    {%- for measure in additive %}
    added.{{ measure.name }}{{ ',' if not loop.last or whole }}
    {%- endfor %}
    {%- for measure in whole %}
    measured.{{ measure.name }}{{ ',' if not loop.last }}
    {%- endfor %}
from added
{%- if whole %}
inner join measured
    on
        added.grain = measured.grain
        and added.is_to_date = measured.is_to_date
        and added.period_start = measured.period_start
        and added.scope = measured.scope
        and added.member = measured.member
{%- endif %}
where added.period_start is not null
{%- endif %}
{%- endmacro %}

{# Which cell a row of the grouping sets is. #}
{% macro decoded_cell(periods, scopes) -%}
        case
            {%- for period in periods %}
            when grouping({{ period.column }}) = 0 then '{{ period.grain }}'
            {%- endfor %}
        end as grain,
        case
            {%- for period in periods %}
            when grouping({{ period.column }}) = 0 then {{ period.to_date | lower }}
            {%- endfor %}
        end as is_to_date,
        case
            {%- for period in periods %}
            when grouping({{ period.column }}) = 0 then {{ period.column }}
            {%- endfor %}
        end as period_start,
        case
            {%- for scope in scopes %}
            when grouping({{ scope.name }}) = 0 then '{{ scope.name }}'
            {%- endfor %}
            else 'company'
        end as scope,
        case
            {%- for scope in scopes %}
            when grouping({{ scope.name }}) = 0 then {{ scope.name }}
            {%- endfor %}
            else '(all)'
        end as member
{%- endmacro %}

{% macro cell_sums(additive) -%}
        min(first_dated_on) as first_dated_on
        {%- for measure in additive %},
        sum({{ measure.name }}) as {{ measure.name }}
        {%- endfor %}
{%- endmacro %}

{% macro cell_sets(periods, scopes) -%}
        {%- for period in periods %}
        ({{ period.column }})
        {%- for scope in scopes %}, ({{ period.column }}, {{ scope.name }})
        {%- endfor %}
        {{- ',' if not loop.last }}
        {%- endfor %}
{%- endmacro %}

{% macro whole_aggregate(measure) -%}
    {%- if measure.agg == 'count_distinct' -%}
        count(distinct {{ measure.name }})
    {%- elif measure.agg == 'average' -%}
        avg(cast({{ measure.name }} as double))
    {%- elif measure.agg in ['median', 'percentile'] -%}
        percentile_{{ 'disc' if (measure.agg_params or {}).get('use_discrete_percentile') else 'cont' }}(
            {{- 0.5 if measure.agg == 'median' else measure.agg_params.percentile -}}
        ) within group (order by cast({{ measure.name }} as double))
    {%- else -%}
        {{ exceptions.raise_compiler_error(measure.name ~ ': the roll-up has no aggregate ' ~ measure.agg) }}
    {%- endif -%}
{%- endmacro %}
