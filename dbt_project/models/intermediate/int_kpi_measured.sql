with kpi_rows as (

    select * from {{ ref('int_kpi_rows') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

maturing as (

    select * from {{ ref('int_cohorts_maturing') }}

),

targets as (

    select * from {{ ref('int_quota_targets') }}

),

catalog as (

    select * from {{ ref('kpi_catalog') }} where is_available

),

matured as (

    select
        kpi_rows.*,
        case
            {%- for window in cohort_windows() %}
            when kpi_rows.cohort_window = '{{ window }}' then periods.is_{{ window }}_open
            {%- endfor %}
            else false
        end as is_maturing
    from kpi_rows
    inner join periods
        on
            kpi_rows.grain = periods.grain
            and kpi_rows.period_start = periods.period_start
    inner join catalog
        on kpi_rows.kpi = catalog.kpi

),

-- the win rate of a cohort whose window is open is estimated; other rates are what they are so far
judged as (

    select
        matured.*,
        case
            when matured.is_maturing and matured.cohort_window = 'win_window_days'
                then maturing.value
            else matured.value
        end as counted_value
    from matured
    left join maturing
        on
            matured.cohort_window = 'win_window_days'
            and matured.grain = maturing.grain
            and matured.period_start = maturing.period_start
            and matured.scope = maturing.scope
            and matured.member = maturing.member
            and not matured.is_to_date

)

select
    judged.kpi,
    judged.statistic,
    judged.is_headline,
    judged.grain,
    judged.is_to_date,
    judged.period_start,
    judged.period_end,
    judged.period_number,
    judged.is_running,
    judged.scope,
    judged.member,
    judged.counted_value as value,
    judged.numerator,
    judged.denominator,
    judged.sample_size,
    case
        when judged.rate_kind = 'proportion' and not judged.is_maturing
            then {{ wilson_bound('low', 'judged.numerator', 'judged.denominator') }}
    end as low,
    case
        when judged.rate_kind = 'proportion' and not judged.is_maturing
            then {{ wilson_bound('high', 'judged.numerator', 'judged.denominator') }}
    end as high,
    case when judged.quota_measure = judged.kpi then cast(targets.target as double) end as target,
    targets.quota_source,
    judged.is_covered
    and not judged.is_partial_start
    and not judged.is_provisional
    and not judged.is_maturing as is_complete,
    judged.is_partial_start,
    {{ quality_codes([
        ("not judged.is_covered", "'running'"),
        ("judged.is_partial_start", "'partial_start'"),
        ("judged.is_stale", "'stale'"),
        ("judged.is_provisional", "judged.provisional_code"),
        ("judged.is_unconverted", "'unconverted'"),
        ("judged.is_maturing", "'cohort_immature'"),
        ("judged.null_code is not null", "judged.null_code"),
        ("judged.rate_kind = 'proportion' and judged.denominator > 0 and judged.denominator < 10", "'small_sample'"),
    ]) }} as quality
from judged
left join targets
    on
        judged.quota_measure = targets.measure
        and judged.grain = targets.grain
        and judged.period_start = targets.period_start
        and judged.scope = targets.scope
        and judged.member = targets.member
