with revenue as (

    select * from {{ ref('int_kpi_measured') }} where kpi = 'revenue'

),

periods as (

    select * from {{ ref('int_periods') }}

),

compared as (

    {{ compared('revenue', 'periods') }}

)
{% for kpi, base in [('revenue_growth', 'prior'), ('revenue_growth_yoy', 'year_ago')] %}
select
    '{{ kpi }}' as kpi,
    'value' as statistic,
    true as is_headline,
    grain,
    is_to_date,
    period_start,
    period_end,
    period_number,
    is_running,
    scope,
    member,
    -- where the two differ in weeks, per week: the base is brought to as many weeks
    case
        when {{ base }}_value > 0 and not {{ base }}_is_partial_start
            then value / nullif({{ base }}_value * coalesce({{ base }}_weeks_ratio, 1), 0) - 1
    end as value,
    value as numerator,
    {{ base }}_value * coalesce({{ base }}_weeks_ratio, 1) as denominator,
    cast(null as bigint) as sample_size,
    cast(null as double) as low,
    cast(null as double) as high,
    cast(null as double) as target,
    cast(null as varchar) as quota_source,
    is_complete,
    is_partial_start,
    {{ quality_codes([
        ("quality <> ''", "quality"),
        (base ~ "_weeks_ratio is not null", "'uneven_weeks'"),
    ]) }} as quality
from compared
where not is_to_date
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
