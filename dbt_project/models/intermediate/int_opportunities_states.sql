with statements as (

    select * from {{ ref('int_opportunities_statements') }}

),

versions as (

    select * from {{ ref('int_opportunities_versions') }}

),

stage_map as (

    select * from {{ source('run', 'stage_map') }}

),

-- what only exports tell of a deal, with a number that is new where one of it is
described as (

    select
        *,
        {{ dbt.concat([
            "coalesce(pipeline, '')", "'|'",
            "coalesce(deal_type, '')", "'|'",
            "coalesce(lead_source, '')", "'|'",
            "coalesce(product_key, '')", "'|'",
            "coalesce(currency, '')", "'|'",
            "coalesce(cast(probability as varchar), '')", "'|'",
            "cast(is_removed as varchar)", "cast(is_merged as varchar)",
        ]) }} as description
    from versions

),

compared_versions as (

    select
        *,
        lag(description) over (
            partition by opportunity_key order by version_number
        ) as previous_description
    from described

),

numbered_versions as (

    select
        *,
        sum(case when description = previous_description then 0 else 1 end) over (
            partition by opportunity_key order by version_number rows unbounded preceding
        ) as description_number
    from compared_versions

),

-- the first owner and account that are told: they hold before, too
firsts as (

    select
        opportunity_key,
        min_by(rep_key, place) filter (where is_owner_stated) as first_rep_key,
        min_by(account_key, place) filter (where is_account_stated) as first_account_key
    from statements
    where is_owner_stated or is_account_stated
    group by opportunity_key

),

known as (

    select
        opportunity_key,
        _source,
        place,
        stated_at,
        stated_on,
        basis,
        happened_after,
        happened_by,
        {%- for column, part, unset in [
            ('stage', 'stage', "''"),
            ('outcome', 'stage', "''"),
            ('amount', 'amount', 'cast(-9999999999999999.99 as decimal(18, 2))'),
            ('currency', 'amount', "''"),
            ('expected_close_on', 'close', "cast('0001-01-01' as date)"),
            ('rep_key', 'owner', "''"),
            ('account_key', 'account', "''"),
        ] %}
        {{ last_stated(
            column, 'is_' ~ part ~ '_stated', unset, 'opportunity_key', 'place'
        ) }} as {{ column }},
        {%- endfor %}
        {%- for part in ['stage', 'owner', 'account'] %}
        max(case when is_{{ part }}_stated then place end) over (
            partition by opportunity_key order by place rows unbounded preceding
        ) as {{ part }}_place,
        {%- endfor %}
        max(version_number) over (
            partition by opportunity_key order by place rows unbounded preceding
        ) as shown_version_number
    from statements

),

valued as (

    select
        known.opportunity_key,
        known._source,
        known.place,
        known.stated_at,
        known.stated_on,
        known.basis,
        known.happened_after,
        known.happened_by,
        known.stage,
        known.outcome,
        known.amount,
        case when known.outcome = 'open' then known.expected_close_on end as expected_close_on,
        case when known.owner_place is null then firsts.first_rep_key else known.rep_key end
            as rep_key,
        case
            when known.account_place is null then firsts.first_account_key
            else known.account_key
        end as account_key,
        shown.pipeline,
        shown.deal_type,
        shown.lead_source,
        shown.product_key,
        coalesce(known.currency, shown.currency) as currency,
        shown.probability,
        known.shown_version_number is not null and shown.is_removed as is_removed,
        known.shown_version_number is not null and shown.is_merged as is_merged,
        -- before the first version nothing of a deal can have been removed
        case when known.shown_version_number is null then 0 else shown.description_number end
            as description_number
    from known
    inner join numbered_versions as shown
        on
            known.opportunity_key = shown.opportunity_key
            and coalesce(known.shown_version_number, 1) = shown.version_number
    left join firsts
        on known.opportunity_key = firsts.opportunity_key
    where known.stage_place is not null

),

compared as (

    select
        *,
        {%- for column in [
            'stage', 'outcome', 'amount', 'currency', 'expected_close_on', 'rep_key', 'account_key',
            'description_number', 'is_removed',
        ] %}
        lag({{ column }}) over (partition by opportunity_key order by place)
            as previous_{{ column }},
        {%- endfor %}
        lag(place) over (partition by opportunity_key order by place) as previous_place
    from valued

),

-- a statement that says what was known already is no change
changed as (

    select * from compared
    where
        previous_place is null
        or stage is distinct from previous_stage
        or outcome is distinct from previous_outcome
        or amount is distinct from previous_amount
        or currency is distinct from previous_currency
        or expected_close_on is distinct from previous_expected_close_on
        or rep_key is distinct from previous_rep_key
        or account_key is distinct from previous_account_key
        or (
            description_number <> previous_description_number
            and (previous_description_number > 0 or is_removed <> previous_is_removed)
        )

),

followed as (

    select
        *,
        row_number() over (partition by opportunity_key order by place) as state_number,
        lead(stated_on) over (partition by opportunity_key order by place) as next_stated_on
    from changed

)

select
    followed.opportunity_key,
    followed._source,
    followed.state_number,
    followed.stated_at as state_from_at,
    followed.stated_on as valid_from_on,
    coalesce(followed.next_stated_on, cast('9999-12-31' as date)) as valid_to_on,
    followed.next_stated_on is null as is_last,
    followed.basis,
    followed.happened_after,
    followed.happened_by,
    followed.stage,
    followed.outcome,
    stage_map.stage_order,
    stage_map.stage_class,
    stage_map.probability as stage_probability,
    followed.amount as source_amount,
    followed.currency,
    followed.expected_close_on,
    followed.rep_key,
    followed.account_key,
    followed.product_key,
    followed.pipeline,
    followed.deal_type,
    followed.lead_source,
    followed.probability,
    followed.is_removed,
    followed.is_merged,
    followed.previous_place is null
    or coalesce(followed.previous_stage <> followed.stage, true) as is_stage_change
from followed
left join stage_map
    on
        followed._source = stage_map.source
        and followed.stage = stage_map.stage
