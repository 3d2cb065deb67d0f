with opportunities as (

    select * from {{ ref('fct_opportunities') }} where exclusion is null

),

leads as (

    select * from {{ ref('fct_leads') }}

),

activities as (

    select * from {{ ref('fct_activities') }}

),

quotas as (

    select * from {{ ref('fct_quotas') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_current') }}

),

value_map as (

    select * from {{ source('run', 'value_map') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

reps as (

    select * from {{ ref('dim_reps') }} where is_current

),

products as (

    select * from {{ ref('dim_products') }}

),

splits as (

    select * from {{ ref('int_deal_splits_resolved') }}

),

org_changes as (

    select * from {{ ref('int_org_changes_resolved') }}

),

org_places as (

    select
        org_places._source as source,
        org_places.team_count,
        org_places.is_share_scaled,
        org_places.is_share_missing,
        {{ dbt.concat(['reps.rep', "' from '", 'cast(org_places.known_from_on as varchar)']) }}
            as person_and_day
    from {{ ref('int_org_places') }} as org_places
    inner join reps
        on org_places.rep_key = reps.rep_key

),

users as (

    select * from {{ ref('int_users_versions') }} where is_current and not is_removed

),

zones as (

    select distinct timezone from {{ source('run', 'business_calendars') }}

),

-- what no source delivers at all is no surprise in a record that names it
delivered as (

    select object from {{ ref('int_object_coverage') }} where is_delivered

),

stages as (

    select
        source,
        'opportunities' as object,
        'stage' as column_name,
        stage as found_value,
        'no stage of the config: the deal is neither open nor closed, and in no KPI' as treatment,
        count(*) as row_count,
        sum(amount) as amount
    from opportunities
    where outcome = 'unmapped' and not is_deleted
    group by source, stage

),

unknown_accounts as (

    select
        opportunities.source,
        'opportunities' as object,
        'account' as column_name,
        accounts.account_name as found_value,
        'not in the accounts: kept as an account without attributes' as treatment,
        count(*) as row_count,
        sum(opportunities.amount) as amount
    from opportunities
    inner join accounts
        on opportunities.account_key = accounts.account_key
    where
        not accounts.is_delivered
        and not opportunities.is_deleted
        and 'accounts' in (select delivered.object from delivered)
    group by opportunities.source, accounts.account_name

),

unknown_reps as (

    select
        opportunities.source,
        'opportunities' as object,
        'owner' as column_name,
        reps.rep_name as found_value,
        'not in the users: kept as a rep without team, manager and region' as treatment,
        count(*) as row_count,
        sum(opportunities.amount) as amount
    from opportunities
    inner join reps
        on opportunities.rep_key = reps.rep_key
    where
        not reps.is_delivered
        and not opportunities.is_deleted
        and 'users' in (select delivered.object from delivered)
    group by opportunities.source, reps.rep_name

),

unknown_products as (

    select
        opportunities.source,
        'opportunities' as object,
        'product' as column_name,
        products.product_name as found_value,
        'not in the products: kept as a product without family and list price' as treatment,
        count(*) as row_count,
        sum(opportunities.amount) as amount
    from opportunities
    inner join products
        on opportunities.product_key = products.product_key
    where
        not products.is_delivered
        and not opportunities.is_deleted
        and 'products' in (select delivered.object from delivered)
    group by opportunities.source, products.product_name

),

user_zones as (

    select
        users._source as source,
        'users' as object,
        'timezone' as column_name,
        users.timezone as found_value,
        'no time zone of the IANA database: the region''s, else the company''s is taken'
            as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from users
    left join zones
        on users.timezone = zones.timezone
    where users.timezone is not null and zones.timezone is null
    group by users._source, users.timezone

),

lead_statuses as (

    select
        source,
        'leads' as object,
        'status' as column_name,
        status as found_value,
        'without a meaning in the config: taken for neither qualified nor spam' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from leads
    where status_meaning is null and status <> '(none)'
    group by source, status

),

lead_sources as (

    select
        source,
        'leads' as object,
        'lead_source' as column_name,
        lead_source as found_value,
        'without a meaning in the config: taken to ask for an answer' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from leads
    where lead_source_meaning is null and lead_source <> '(none)'
    group by source, lead_source

),

dispositions as (

    select
        source,
        'activities' as object,
        'disposition' as column_name,
        disposition as found_value,
        'without a meaning: the dial is not in the connect rate' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from activities
    where is_call_made and not is_dial_with_disposition and disposition <> '(none)'
    group by source, disposition

),

merge_circles as (

    select
        _source as source,
        'accounts' as object,
        'merged_into_id' as column_name,
        merged_into_id as found_value,
        'merged in a circle, or into nobody known: it stays an account of its own' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from {{ ref('int_accounts_referenced') }}
    where merged_into_id is not null and survivor_key = account_key
    group by _source, merged_into_id

),

-- a company that maps no type at all has no renewals to tell apart
mapping_types as (

    select distinct source from value_map
    where object = 'opportunities' and column_name = 'deal_type'

),

deal_types as (

    select
        opportunities.source,
        'opportunities' as object,
        'deal_type' as column_name,
        opportunities.deal_type as found_value,
        'without a meaning in the config: taken for no renewal' as treatment,
        count(*) as row_count,
        sum(opportunities.amount) as amount
    from opportunities
    inner join mapping_types
        on opportunities.source = mapping_types.source
    left join value_map
        on
            opportunities.source = value_map.source
            and value_map.object = 'opportunities'
            and value_map.column_name = 'deal_type'
            and opportunities.deal_type = value_map.found_value
    where
        value_map.found_value is null
        and opportunities.deal_type <> '(none)'
        and not opportunities.is_deleted
    group by opportunities.source, opportunities.deal_type

),

credit_types as (

    select
        splits._source as source,
        'deal_splits' as object,
        'credit_type' as column_name,
        splits.credit_type as found_value,
        'neither revenue nor overlay: no credit' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from splits
    where splits.credit_type not in ('revenue', 'overlay')
    group by splits._source, splits.credit_type

),

deal_shares as (

    select
        opportunity_key,
        _source,
        sum(share) as shares_total
    from splits
    where credit_type = 'revenue'
    group by opportunity_key, _source
    having abs(sum(share) - 1) > 0.001

),

unbalanced_splits as (

    select
        deal_shares._source as source,
        'deal_splits' as object,
        'share' as column_name,
        {{ dbt.concat([
            "'shares of '", 'cast(cast(deal_shares.shares_total as double) as varchar)'
        ]) }} as found_value,
        'do not add up to 1 for the deal: scaled to 1' as treatment,
        count(*) as row_count,
        sum(opportunities.amount) as amount
    from deal_shares
    inner join opportunities
        on deal_shares.opportunity_key = opportunities.opportunity_key
    where not opportunities.is_deleted
    group by deal_shares._source, deal_shares.shares_total

),

unknown_deals as (

    select
        splits._source as source,
        'deal_splits' as object,
        'opportunity_id' as column_name,
        splits.opportunity_key as found_value,
        'not in the opportunities: no credit' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from splits
    left join opportunities
        on splits.opportunity_key = opportunities.opportunity_key
    where opportunities.opportunity_key is null
    group by splits._source, splits.opportunity_key

),

unknown_people as (

    select
        _source as source,
        'org_changes' as object,
        'user' as column_name,
        coalesce(user_name, user_id, '(an address)') as found_value,
        case
            when rep_key is null then 'not in the users: the row is left out'
            else 'not in the users: kept as a person of their own'
        end as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from org_changes
    where not is_user and (rep_key is null or 'users' in (select delivered.object from delivered))
    group by _source, coalesce(user_name, user_id, '(an address)'), rep_key is null

),

undated_places as (

    select
        _source as source,
        'org_changes' as object,
        'effective_on' as column_name,
        '(none)' as found_value,
        'no first day: the row is left out' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from org_changes
    where effective_on is null
    group by _source

),

unbalanced_places as (

    select
        source,
        'org_changes' as object,
        'share' as column_name,
        person_and_day as found_value,
        'shares do not add up to 1 for the day: scaled to 1' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from org_places
    where is_share_scaled
    group by source, person_and_day

),

crowded_places as (

    select
        source,
        'org_changes' as object,
        'team' as column_name,
        person_and_day as found_value,
        'several teams without shares: the one that began last has the person' as treatment,
        max(team_count) as row_count,
        cast(null as decimal(38, 2)) as amount
    from org_places
    where is_share_missing
    group by source, person_and_day

),

unconverted_deals as (

    select
        source,
        'opportunities' as object,
        'currency' as column_name,
        source_currency as found_value,
        'no exchange rate on the day that counts: the amount is in no sum' as treatment,
        count(*) as row_count,
        sum(source_amount) as amount
    from opportunities
    where not is_deleted and not (is_converted and is_creation_converted)
    group by source, source_currency

),

unconverted_quotas as (

    select
        source,
        'quotas' as object,
        'currency' as column_name,
        source_currency as found_value,
        'no exchange rate on its first day: no target, nor a part of one' as treatment,
        count(*) as row_count,
        sum(source_amount) as amount
    from quotas
    where not is_converted
    group by source, source_currency

),

rate_kinds as (

    select
        rates._source as source,
        'exchange_rates' as object,
        'rate_kind' as column_name,
        rates.rate_kind as found_value,
        'neither actual nor plan: the rate is not used' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from rates
    left join value_map
        on
            rates._source = value_map.source
            and value_map.object = 'exchange_rates'
            and value_map.column_name = 'rate_kind'
            and rates.rate_kind = value_map.found_value
    where value_map.found_value is null and lower(rates.rate_kind) not in ('actual', 'plan')
    group by rates._source, rates.rate_kind

),

impossible_rates as (

    select
        _source as source,
        'exchange_rates' as object,
        'rate' as column_name,
        cast(rate as varchar) as found_value,
        'not above 0 and below a billion: the rate is not used' as treatment,
        count(*) as row_count,
        cast(null as decimal(38, 2)) as amount
    from rates
    where rate <= 0 or rate >= 1000000000
    group by _source, rate

)

select * from stages
union all
select * from unknown_accounts
union all
select * from unknown_reps
union all
select * from unknown_products
union all
select * from user_zones
union all
select * from lead_statuses
union all
select * from lead_sources
union all
select * from dispositions
union all
select * from deal_types
union all
select * from merge_circles
union all
select * from credit_types
union all
select * from unbalanced_splits
union all
select * from unknown_deals
union all
select * from unknown_people
union all
select * from undated_places
union all
select * from unbalanced_places
union all
select * from crowded_places
union all
select * from unconverted_deals
union all
select * from unconverted_quotas
union all
select * from rate_kinds
union all
select * from impossible_rates
