with statements as (

    select * from {{ ref('int_opportunities_statements') }}

),

versions as (

    select * from {{ ref('int_opportunities_versions') }}

),

-- statements of one moment in the order of their ids, which may be numbers; what an export shows of
-- the moment comes last
numbered as (

    select
        *,
        row_number() over (
            partition by opportunity_key
            order by stated_at, origin, length(origin_id), origin_id
        ) as place
    from statements

),

-- by which statement each part of the state is known; who owned a deal before its first export is
-- what that export says
known as (

    select
        *,
        {%- for part in ['stage', 'amount', 'close', 'owner', 'account'] %}
        max(case when is_{{ part }}_stated then place end) over (
            partition by opportunity_key order by place rows unbounded preceding
        ) as {{ part }}_place,
        {%- endfor %}
        min(case when is_owner_stated then place end) over (
            partition by opportunity_key
        ) as first_owner_place,
        min(case when is_account_stated then place end) over (
            partition by opportunity_key
        ) as first_account_place,
        max(version_number) over (
            partition by opportunity_key order by place rows unbounded preceding
        ) as shown_version_number
    from numbered

),

valued as (

    select
        known.opportunity_key,
        known._source,
        known.place,
        known.stated_at,
        known.stated_on,
        case when known.origin in (1, 2) then 'native' else 'inferred' end as basis,
        known.happened_after,
        known.happened_by,
        stages.stage,
        stages.outcome,
        stages.stage_order,
        stages.stage_class,
        stages.stage_probability,
        amounts.amount,
        case when stages.outcome = 'open' then closes.expected_close_on end as expected_close_on,
        owners.rep_key,
        accounts.account_key,
        known_versions.pipeline,
        known_versions.deal_type,
        known_versions.lead_source,
        known_versions.product_key,
        coalesce(amounts.currency, known_versions.currency) as currency,
        known_versions.probability,
        known.shown_version_number is not null and known_versions.is_removed as is_removed,
        known.shown_version_number is not null and known_versions.is_merged as is_merged
    from known
    inner join numbered as stages
        on known.opportunity_key = stages.opportunity_key and known.stage_place = stages.place
    left join numbered as amounts
        on known.opportunity_key = amounts.opportunity_key and known.amount_place = amounts.place
    left join numbered as closes
        on known.opportunity_key = closes.opportunity_key and known.close_place = closes.place
    left join numbered as owners
        on
            known.opportunity_key = owners.opportunity_key
            and coalesce(known.owner_place, known.first_owner_place) = owners.place
    left join numbered as accounts
        on
            known.opportunity_key = accounts.opportunity_key
            and coalesce(known.account_place, known.first_account_place) = accounts.place
    inner join versions as known_versions
        on
            known.opportunity_key = known_versions.opportunity_key
            and coalesce(known.shown_version_number, 1) = known_versions.version_number

),

-- a statement that says what was known already is no change
compared as (

    select
        *,
        {%- for column in state_columns() %}
        lag({{ column }}) over (partition by opportunity_key order by place)
            as previous_{{ column }},
        {%- endfor %}
        lag(place) over (partition by opportunity_key order by place) as previous_place
    from valued

),

changed as (

    select *
    from compared
    where
        previous_place is null
        {%- for column in state_columns() %}
        or {{ column }} is distinct from previous_{{ column }}
        {%- endfor %}

)

select
    opportunity_key,
    _source,
    row_number() over (partition by opportunity_key order by place) as state_number,
    stated_at as state_from_at,
    stated_on as valid_from_on,
    coalesce(
        lead(stated_on) over (partition by opportunity_key order by place),
        cast('9999-12-31' as date)
    ) as valid_to_on,
    lead(place) over (partition by opportunity_key order by place) is null as is_last,
    basis,
    happened_after,
    happened_by,
    {{ state_columns() | join(',\n    ') }},
    stage_order,
    stage_class,
    stage_probability,
    amount as source_amount,
    coalesce(previous_stage <> stage, true) as is_stage_change
from changed
