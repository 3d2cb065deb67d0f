with targets as (

    select * from {{ ref('int_quota_targets') }}

),

kinds as (

    select false as is_to_date
    union all
    select true as is_to_date

)

select
    targets.grain,
    kinds.is_to_date,
    targets.period_start,
    targets.scope,
    targets.member,
    {%- if execute %}
    {%- for measure in spec_semantic_model('quotas').measures %}
    sum(
        case when targets.measure = '{{ measure.name | replace("_quota", "") }}' then targets.target end
    ) as {{ measure.name }},
    {%- endfor %}
    {%- endif %}
    min(targets.period_start) as first_dated_on
from targets
cross join kinds
group by
    targets.grain,
    kinds.is_to_date,
    targets.period_start,
    targets.scope,
    targets.member
