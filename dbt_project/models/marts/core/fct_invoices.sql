with invoices as (

    select * from {{ ref('int_invoices_current') }}

),

account_keys as (

    select * from {{ ref('int_account_keys') }}

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_daily') }} where rate_kind = 'actual'

),

-- invoices come from elsewhere than accounts and deals: the one that any source calls so is meant
accounts_anywhere as (

    select
        reference_kind,
        reference,
        min(account_key) as account_key
    from account_keys
    group by reference_kind, reference
    having count(distinct account_key) = 1

),

opportunities_anywhere as (

    select
        opportunity_id,
        min(opportunity_key) as opportunity_key
    from opportunities
    group by opportunity_id
    having count(*) = 1

),

keyed as (

    select
        *,
        {{ dbt.concat(['_source', "':'", 'opportunity_id']) }} as own_deal_key
    from invoices

),

-- at the rate of its date
valued as (

    {{ valued('keyed', on_day='invoiced_on') }}

)

select
    valued.invoice_key,
    valued._source as source,
    valued.invoice_id,
    valued.line_id,
    valued.order_id,
    valued.credited_invoice_id,
    coalesce(own_deal.opportunity_key, deal_anywhere.opportunity_key) as opportunity_key,
    coalesce(
        account_by_id.account_key,
        account_by_id_anywhere.account_key,
        account_by_name.account_key,
        account_by_name_anywhere.account_key
    ) as account_key,
    coalesce(valued.account_name, '(none)') as account,
    coalesce(valued.product_name, '(none)') as product,
    valued.invoiced_on,
    valued.amount as source_amount,
    valued.source_currency,
    valued.amount is null or valued.company_amount is not null as is_converted,
    valued.company_amount as amount
from valued
left join opportunities as own_deal
    on valued.own_deal_key = own_deal.opportunity_key
left join opportunities_anywhere as deal_anywhere
    on valued.opportunity_id = deal_anywhere.opportunity_id
left join account_keys as account_by_id
    on
        valued._source = account_by_id._source
        and account_by_id.reference_kind = 'id'
        and valued.account_id = account_by_id.reference
left join accounts_anywhere as account_by_id_anywhere
    on
        account_by_id_anywhere.reference_kind = 'id'
        and valued.account_id = account_by_id_anywhere.reference
left join account_keys as account_by_name
    on
        valued._source = account_by_name._source
        and account_by_name.reference_kind = 'name'
        and valued.account_name = account_by_name.reference
left join accounts_anywhere as account_by_name_anywhere
    on
        account_by_name_anywhere.reference_kind = 'name'
        and valued.account_name = account_by_name_anywhere.reference
