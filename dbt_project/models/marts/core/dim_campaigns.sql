with campaigns as (

    select * from {{ ref('int_campaigns_current') }}

),

members as (

    select * from {{ ref('int_campaign_members_current') }}

),

sources as (

    select * from {{ source('run', 'sources') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

rates as (

    select * from {{ ref('int_exchange_rates') }} where rate_kind = 'actual'

),

-- 0 members are known of a source's campaign only where the source delivers members
sources_of_members as (

    select distinct source
    from sources
    where feeds = 'campaign_members' and as_of is not null

),

counted as (

    select
        _source,
        campaign_id,
        count(*) as member_count,
        -- a tool that only tells the day of the response has told that there was one
        count_if(coalesce(has_responded, first_responded_on is not null)) as responded_count
    from members
    group by _source, campaign_id

),

priced as (

    select
        campaigns.*,
        {{ unique_label('campaigns.campaign_name', 'campaigns.campaign_key') }} as campaign_label,
        upper(coalesce(campaigns.currency, context.currency)) as source_currency,
        coalesce(
            campaigns.started_on, {{ local_date('campaigns.created_at', 'context.timezone') }}
        ) as priced_on
    from campaigns
    cross join context

),

-- by span, not by day: campaigns are few, and a planned one may begin after the calendar's end
valued as (

    select
        priced.*,
        {{ converted('priced.cost', 'rates') }} as company_cost,
        {{ converted('priced.budgeted_cost', 'rates') }} as company_budgeted_cost,
        rates.currency is not null as has_rate
    from priced
    left join rates
        on
            priced.source_currency = rates.currency
            and rates.valid_from_on <= priced.priced_on
            and priced.priced_on < rates.valid_to_on

)

select
    valued.campaign_key,
    valued._source as source,
    valued.campaign_id,
    valued.campaign_name,
    coalesce(valued.campaign_label, '(none)') as campaign,
    coalesce(valued.campaign_type, '(none)') as campaign_type,
    coalesce(valued.status, '(none)') as status,
    parents.campaign_key as parent_campaign_key,
    cast(
        case
            when sources_of_members.source is not null then coalesce(counted.member_count, 0)
        end as bigint
    ) as member_count,
    cast(
        case
            when sources_of_members.source is not null then coalesce(counted.responded_count, 0)
        end as bigint
    ) as responded_count,
    valued.cost as source_cost_amount,
    valued.budgeted_cost as source_budgeted_cost_amount,
    valued.source_currency,
    valued.company_cost as cost_amount,
    valued.company_budgeted_cost as budgeted_cost_amount,
    valued.is_active,
    valued.has_rate
    or (valued.cost is null and valued.budgeted_cost is null) as is_converted,
    valued.started_on,
    valued.ended_on,
    valued.created_at
from valued
left join counted
    on
        valued._source = counted._source
        and valued.campaign_id = counted.campaign_id
left join sources_of_members
    on valued._source = sources_of_members.source
left join campaigns as parents
    on
        valued._source = parents._source
        and valued.parent_campaign_id = parents.campaign_id
