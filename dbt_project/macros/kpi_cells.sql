{# Every measure of the spec side by side: one row per grain, period, scope and member, from the
   member's first row in any fact to the as-of, and for the two periods that a running one is compared
   with another row (`is_to_date`). Sums and counts are 0 where a member has no rows and the fact has
   begun (of a fact that holds wins only: the fact that it `begins_with`); averages, percentiles and
   quotas stay NULL. Beside each semantic model's measures stand
   has_<it> (its data have begun), <it>_partial_start, <it>_covered (its objects' exports reach the
   period's end) and <it>_stale (one of them is held).
   `roll_ups` maps semantic models to the relations that hold them. #}
{% macro kpi_cells(roll_ups, periods, coverage) -%}
{%- if not execute %}
select 1 as is_not_executed
{%- else %}
with members as (

    select
        scope,
        member,
        grain,
        min(period_start) as first_start_on
    from (
        {%- for relation in roll_ups.values() %}
        select scope, member, grain, period_start from {{ relation }} where not is_to_date
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as seen
    where not (grain = 'week' and scope = 'rep')
    group by scope, member, grain

),

spine as (

    select
        periods.grain,
        periods.period_start,
        periods.period_end,
        periods.period_number,
        periods.is_running,
        periods.first_working_on,
        members.scope,
        members.member,
        kinds.is_to_date
    from members
    inner join {{ periods }} as periods
        on
            members.grain = periods.grain
            and members.first_start_on <= periods.period_start
    inner join (select false as is_to_date union all select true as is_to_date) as kinds
        on not kinds.is_to_date or periods.is_compared_to_date
    where periods.has_begun

),
{% for name, relation in roll_ups.items() %}
{%- set spec = spec_semantic_model(name) %}
{%- set objects = spec.config.meta.kpimart.reads %}
{{ name }}_begun as (

    select
        grain,
        min(period_start) as first_start_on,
        min(first_dated_on) as first_dated_on
    from {{ roll_ups[spec.config.meta.kpimart.get('begins_with', name)] }}
    where not is_to_date
    group by grain

),

{{ name }}_coverage as (

    select
        min(covered_until_on) as covered_until_on,
        coalesce(bool_or(is_held), false) as is_held
    from {{ coverage }}
    where object in ('{{ objects | join("', '") }}')

),
{% endfor %}
cells as (

    select
        spine.*
        {%- for name in roll_ups %}
        {%- set spec = spec_semantic_model(name) %}
        {%- set fills = not spec.config.meta.kpimart.get('keep_nulls') %},
        coalesce(spine.period_start >= {{ name }}_begun.first_start_on, false) as has_{{ name }},
        {%- if spec.measures | selectattr('non_additive_dimension') | list %}
        false as {{ name }}_partial_start,
        {%- else %}
        coalesce(
            spine.period_start = {{ name }}_begun.first_start_on
            and {{ name }}_begun.first_dated_on > spine.first_working_on,
            false
        ) as {{ name }}_partial_start,
        {%- endif %}
        coalesce(spine.period_end <= {{ name }}_coverage.covered_until_on, false)
            as {{ name }}_covered,
        {{ name }}_coverage.is_held
        and not coalesce(spine.period_end <= {{ name }}_coverage.covered_until_on, false)
            as {{ name }}_stale
        {%- for measure in spec.measures %},
        {%- if fills and measure.agg in ['sum', 'count', 'count_distinct'] %}
        case
            when spine.period_start >= {{ name }}_begun.first_start_on
                then coalesce({{ name }}.{{ measure.name }}, 0)
        end as {{ measure.name }}
        {%- else %}
        {{ name }}.{{ measure.name }}
        {%- endif %}
        {%- endfor %}
        {%- endfor %}
    from spine
    {%- for name, relation in roll_ups.items() %}
    left join {{ relation }} as {{ name }}
        on
            spine.grain = {{ name }}.grain
            and spine.is_to_date = {{ name }}.is_to_date
            and spine.period_start = {{ name }}.period_start
            and spine.scope = {{ name }}.scope
            and spine.member = {{ name }}.member
    left join {{ name }}_begun
        on spine.grain = {{ name }}_begun.grain
    cross join {{ name }}_coverage
    {%- endfor %}

)

select * from cells
{%- endif %}
{%- endmacro %}
