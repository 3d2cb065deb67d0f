with opportunities as (

    select * from {{ ref('fct_opportunities') }}

),


accounts as (

    select * from {{ ref('dim_accounts') }}

),

reps as (

    select * from {{ ref('dim_reps') }}

),

products as (

    select * from {{ ref('dim_products') }}

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

)

select * from stages
union all
select * from unknown_accounts
union all
select * from unknown_reps
union all
select * from unknown_products
