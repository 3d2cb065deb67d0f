with quotas as (

    select * from {{ ref('fct_quotas') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

scoped as (
    {% for scope in ['company', 'team', 'rep', 'manager', 'region'] %}
    select
        '{{ scope }}' as scope,
        {{ "'(all)'" if scope == 'company' else scope }} as member,
        measure,
        period_start,
        period_end,
        given_for,
        is_converted,
        amount
    from quotas
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

-- a period that holds only a part of a quota has none: what was given is not split
split as (

    select distinct
        periods.grain,
        periods.period_start,
        scoped.scope,
        scoped.member,
        scoped.measure
    from scoped
    inner join periods
        on
            scoped.period_start < periods.period_end
            and periods.period_start < scoped.period_end
            and (
                scoped.period_start < periods.period_start
                or periods.period_end < scoped.period_end
            )

),

-- a quota counts in the periods that contain all of its own
contained as (

    select
        periods.grain,
        periods.period_start,
        periods.period_end,
        scoped.scope,
        scoped.member,
        scoped.measure,
        scoped.period_start as part_start,
        scoped.period_end as part_end,
        sum(scoped.amount) as amount,
        coalesce(bool_or(scoped.given_for = scoped.scope), false) as is_given,
        coalesce(bool_and(scoped.is_converted), true) as is_converted,
        coalesce(
            bool_and(scoped.is_converted) filter (where scoped.given_for = scoped.scope), true
        ) as is_given_converted
    from scoped
    inner join periods
        on
            periods.period_start <= scoped.period_start
            and scoped.period_end <= periods.period_end
    group by
        periods.grain,
        periods.period_start,
        periods.period_end,
        scoped.scope,
        scoped.member,
        scoped.measure,
        scoped.period_start,
        scoped.period_end

),

followed as (

    select
        *,
        max(part_end) over (
            partition by grain, period_start, scope, member, measure
            order by part_start, part_end
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from contained

),

whole as (

    select
        grain,
        period_start,
        scope,
        member,
        measure,
        sum(amount) as target,
        coalesce(bool_or(is_given), false) as is_given
    from followed
    group by grain, period_start, period_end, scope, member, measure
    -- a coarser period needs every part of it: the days that its parts cover, each once
    having
        sum(
            greatest(
                {{ dbt.datediff(
                    'greatest(part_start, coalesce(covered_until, part_start))', 'part_end', 'day'
                ) }},
                0
            )
        )
        >= {{ dbt.datediff('period_start', 'period_end', 'day') }}
        -- what was given for the member itself needs no other part
        and bool_and(case when is_given then is_given_converted else is_converted end)

)

select
    whole.grain,
    whole.period_start,
    whole.scope,
    whole.member,
    whole.measure,
    whole.target,
    case when whole.is_given then 'given' else 'summed' end as quota_source
from whole
left join split
    on
        whole.grain = split.grain
        and whole.period_start = split.period_start
        and whole.scope = split.scope
        and whole.member = split.member
        and whole.measure = split.measure
where split.grain is null
