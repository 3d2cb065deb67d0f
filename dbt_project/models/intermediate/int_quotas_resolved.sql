with current_quotas as (

    select * from {{ ref('int_quotas_current') }}

),

rep_keys as (

    select * from {{ ref('int_rep_keys') }}

),

catalog as (

    select * from {{ ref('kpi_catalog') }} where unit = 'money'

),

context as (

    select * from {{ source('run', 'context') }}

),

actual_rates as (

    select * from {{ ref('int_exchange_rates_daily') }} where rate_kind = 'actual'

),

plan_rates as (

    select * from {{ ref('int_exchange_rates_daily') }} where rate_kind = 'plan'

),

-- only a target of money has a currency
priced as (

    select
        current_quotas.*,
        lower(current_quotas.measure) as measure_name,
        case
            when catalog.kpi is not null
                then upper(coalesce(current_quotas.currency, context.currency))
        end as source_currency
    from current_quotas
    cross join context
    left join catalog
        on lower(current_quotas.measure) = catalog.kpi

),

-- at the plan rate of its first day, else at the actual one
quotas as (

    select
        priced.*,
        case
            when priced.source_currency is null then priced.amount
            else coalesce(
                {{ converted('priced.amount', 'plan_rates') }},
                {{ converted('priced.amount', 'actual_rates') }}
            )
        end as company_amount
    from priced
    left join plan_rates
        on
            priced.source_currency = plan_rates.currency
            and priced.period_start = plan_rates.date_on
    left join actual_rates
        on
            priced.source_currency = actual_rates.currency
            and priced.period_start = actual_rates.date_on

)

-- quotas come from elsewhere than users: an address or a name is looked for in every source
select
    quotas.quota_key,
    quotas._source,
    quotas.measure_name as measure,
    quotas.owner_id,
    quotas.owner_name,
    coalesce(
        rep_by_email.rep_key,
        rep_by_id.rep_key,
        rep_by_name.rep_key,
        rep_by_name_anywhere.rep_key,
        case
            when coalesce(quotas.owner_id, quotas.owner_email, quotas.owner_name) is not null
                then {{ dbt.concat([
                    'quotas._source', "':'",
                    'coalesce(quotas.owner_id, quotas.owner_name, ' ~ dbt.hash('quotas.owner_email') ~ ')',
                ]) }}
        end
    ) as rep_key,
    quotas.team,
    quotas.period_start,
    quotas.period_end,
    quotas.amount as source_amount,
    quotas.source_currency,
    quotas.amount is null or quotas.company_amount is not null as is_converted,
    quotas.company_amount as amount
from quotas
left join rep_keys as rep_by_email
    on
        rep_by_email.reference_kind = 'email'
        and lower(trim(quotas.owner_email)) = rep_by_email.reference
left join rep_keys as rep_by_id
    on
        quotas._source = rep_by_id._source
        and rep_by_id.reference_kind = 'id'
        and quotas.owner_id = rep_by_id.reference
left join rep_keys as rep_by_name
    on
        quotas._source = rep_by_name._source
        and rep_by_name.reference_kind = 'name'
        and quotas.owner_name = rep_by_name.reference
left join rep_keys as rep_by_name_anywhere
    on
        rep_by_name_anywhere.reference_kind = 'name anywhere'
        and quotas.owner_name = rep_by_name_anywhere.reference
where quotas.period_end > quotas.period_start
