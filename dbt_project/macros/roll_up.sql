{# The measures of one semantic model, aggregated to every grain and scope that it has: one row per
   grain, period, scope and member, and for the periods that a running one is compared with another,
   of their to-date part (`is_to_date`). Only cells that have rows. A row is joined with the periods
   that hold its day, so that the fact is read once: scanned for each grain, open deals took twice as long.
   Of a fact with many rows per day and person (`meta.kpimart.pre_aggregate`) additive measures are
   added first by date × scope tuple: a third less time for a million touches, a third more for facts
   whose rows share none. Distinct counts and percentiles go in a statement of their own, for the scopes
   in which a KPI asks for them; where what is counted has one date (`days_add_up`), it is counted by
   day and the days are added. Semi-additive measures are taken from the last day of each period among
   `days`, the days on which they were taken: nothing on that day is 0, whatever an earlier day of the
   period had. The model passes its relations in, because `ref` must stand in the model.
   Usage: {{ roll_up('lines_by_close', ref('fct_opportunity_lines'), ref('dim_dates'), ref('int_periods')) }} #}
{% macro roll_up(semantic_model, fact, dates, periods, days=none) -%}
{%- if not execute %}
select 1 as is_not_executed
{%- else %}
{%- set spec = spec_semantic_model(semantic_model) -%}
{%- set date_name = spec.defaults.agg_time_dimension -%}
{%- set date = (spec.dimensions | selectattr('name', 'equalto', date_name) | first) -%}
{%- set scopes = spec.entities | selectattr('type', 'equalto', 'foreign') | map(attribute='name') | list -%}
{%- set semi = spec.measures | selectattr('non_additive_dimension') | list -%}
{%- if semi and semi | length != spec.measures | length -%}
    {{ exceptions.raise_compiler_error(semantic_model ~ ': keep semi-additive measures in a semantic model of their own') }}
{%- endif -%}
{%- set additive = spec.measures | selectattr('agg', 'in', ['sum', 'count']) | list -%}
{%- set whole = spec.measures | rejectattr('agg', 'in', ['sum', 'count']) | list -%}
{%- set whole_scopes = asked_scopes(whole, scopes) -%}
{%- set by_tuple = spec.config.meta.kpimart.get('pre_aggregate') -%}
{%- set by_day = spec.config.meta.kpimart.get('days_add_up') -%}
{%- if by_day and whole | map(attribute='agg') | unique | list != ['count_distinct'] -%}
    {{ exceptions.raise_compiler_error(semantic_model ~ ': days_add_up is for distinct counts alone') }}
{%- endif -%}
{%- set base = 'tuples' if by_tuple else 'facts' %}
with facts as (

    select
        {{ date.expr or date.name }} as dated_on,
        {%- for scope in spec.entities if scope.type == 'foreign' %}
        {{ scope.expr or scope.name }} as {{ scope.name }},
        {%- endfor %}
        {%- for measure in spec.measures %}
        {{ measure.expr or measure.name }} as {{ measure.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ fact }}

),

{%- if by_tuple %}
tuples as (

    select
        dated_on,
        {{ scopes | join(', ') }}
        {%- for measure in additive %},
        {{ measure.agg }}({{ measure.name }}) as {{ measure.name }}
        {%- endfor %}
    from facts
    group by dated_on, {{ scopes | join(', ') }}

),
{%- endif %}

-- to-date rows only for what a running period is compared with: none when no period is running
days_of_periods as (
    {% for grain in grains() %}
    select
        date_on,
        false as is_to_date,
        '{{ grain }}' as grain,
        {{ grain }}_start_on as period_start
    from {{ dates }}
    union all
    select
        dates.date_on,
        true as is_to_date,
        '{{ grain }}' as grain,
        periods.period_start
    from {{ dates }} as dates
    inner join {{ periods }} as periods
        on
            dates.{{ grain }}_to_date_start_on = periods.period_start
            and periods.grain = '{{ grain }}'
            and periods.is_compared_to_date
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

days as (
    {% if semi %}
    select
        max(days_of_periods.date_on) as date_on,
        days_of_periods.is_to_date,
        days_of_periods.grain,
        days_of_periods.period_start
    from days_of_periods
    inner join {{ days }} as snapshot_days
        on days_of_periods.date_on = snapshot_days.snapshot_on
    group by days_of_periods.is_to_date, days_of_periods.grain, days_of_periods.period_start
    {% else %}
    select * from days_of_periods
    {% endif %}
),

added as (

    select
        {{ cell_keys(scopes) }},
        min(dated_on) as first_dated_on
        {%- for measure in additive %},
        {{ 'sum' if by_tuple else measure.agg }}({{ measure.name }}) as {{ measure.name }}
        {%- endfor %}
    from {{ base }}
    inner join days
        on {{ base }}.dated_on = days.date_on
    group by grouping sets ({{ cell_sets(scopes) }})

)
{%- if by_day %},

counted as (

    select
        dated_on,
        {{ cell_member(whole_scopes) }},
        {{ whole_aggregates(whole) }}
    from facts
    group by grouping sets ((dated_on) {%- for scope in whole_scopes %}, (dated_on, {{ scope }}){% endfor %})

),

measured as (

    select
        days.is_to_date,
        days.grain,
        days.period_start,
        counted.scope,
        counted.member,
        {%- for measure in whole %}
        cast(sum(counted.{{ measure.name }}) as bigint) as {{ measure.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from counted
    inner join days
        on counted.dated_on = days.date_on
    group by days.is_to_date, days.grain, days.period_start, counted.scope, counted.member

)
{%- elif whole %},

measured as (

    select
        {{ cell_keys(whole_scopes) }},
        {{ whole_aggregates(whole) }}
    from facts
    inner join days
        on facts.dated_on = days.date_on
    group by grouping sets ({{ cell_sets(whole_scopes) }})

)
{%- endif %}

select
    added.is_to_date,
    added.grain,
    added.period_start,
    added.scope,
    added.member,
    added.first_dated_on
    {%- for measure in additive %},
    added.{{ measure.name }}
    {%- endfor %}
    {%- for measure in whole %},
    measured.{{ measure.name }}
    {%- endfor %}
from added
{%- if whole %}
left join measured
    on
        added.is_to_date = measured.is_to_date
        and added.grain = measured.grain
        and added.period_start = measured.period_start
        and added.scope = measured.scope
        and added.member = measured.member
{%- endif %}
{%- endif %}
{%- endmacro %}

{# Of a semantic model's scopes, those in which a KPI is answered by one of these measures: what cannot
   be added up is dear, so it is not worked out where nobody asks. #}
{% macro asked_scopes(measures, scopes) -%}
    {%- set names = measures | map(attribute='name') | list -%}
    {%- set asked = [] -%}
    {%- for kpi in (spec_kpis() if measures else []) -%}
        {%- set meta = kpi.config.meta.kpimart -%}
        {%- set answers = {} -%}
        {%- for scope in meta.scopes if scope in scopes -%}
            {%- do answers.setdefault(meta.get('scope_metrics', {}).get(scope, kpi.name), []).append(scope) -%}
        {%- endfor -%}
        {%- for name, answered in answers.items() -%}
            {%- for input in spec_inputs(spec_metric(name)) if input.type_params.measure.name in names -%}
                {%- do asked.extend(answered) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(asked | unique | list) }}
{%- endmacro %}

{# Which cell a row of the grouping sets is. #}
{% macro cell_keys(scopes) -%}
        is_to_date,
        grain,
        period_start,
        {{ cell_member(scopes) }}
{%- endmacro %}

{% macro cell_sets(scopes) -%}
        (is_to_date, grain, period_start)
        {%- for scope in scopes %}, (is_to_date, grain, period_start, {{ scope }}){% endfor %}
{%- endmacro %}

{% macro cell_member(scopes) -%}
        case
            {%- for scope in scopes %}
            when grouping({{ scope }}) = 0 then '{{ scope }}'
            {%- endfor %}
            else 'company'
        end as scope,
        case
            {%- for scope in scopes %}
            when grouping({{ scope }}) = 0 then {{ scope }}
            {%- endfor %}
            else '(all)'
        end as member
{%- endmacro %}

{% macro whole_aggregates(measures) -%}
        {%- for measure in measures %}
        {{ whole_aggregate(measure) }} as {{ measure.name }}{{ ',' if not loop.last }}
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
