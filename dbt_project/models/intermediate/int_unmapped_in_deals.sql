with opportunities as (

    select * from {{ ref('fct_opportunities') }} where exclusion is null

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

)

select * from stages
union all
select * from unknown_accounts
union all
select * from unknown_reps
union all
select * from unknown_products
union all
select * from merge_circles
union all
select * from deal_types
union all
select * from credit_types
union all
select * from unbalanced_splits
union all
select * from unknown_deals
