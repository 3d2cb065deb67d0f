with opportunities as (

    select * from {{ ref('int_opportunities') }}

),

accounts as (

    select * from {{ ref('int_accounts_referenced') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

wins as (

    select
        opportunities.opportunity_key,
        opportunities.account_key,
        opportunities.closed_on,
        opportunities.amount,
        accounts.customer_since
    from opportunities
    left join accounts
        on opportunities.account_key = accounts.account_key
    where
        opportunities.is_won
        and not opportunities.is_deleted
        and opportunities.closed_on is not null

),

data_begin as (

    select min(closed_on) as first_win_on from wins

),

first_wins as (

    select
        account_key,
        min(closed_on) as first_win_on
    from wins
    where amount > 0 and account_key is not null
    group by account_key

),

placed as (

    select
        wins.*,
        first_wins.first_win_on,
        row_number() over (
            partition by wins.account_key
            order by
                case when wins.amount > 0 then 0 else 1 end,
                wins.closed_on,
                wins.opportunity_key
        ) as place,
        data_begin.first_win_on as data_begin_on,
        context.new_window_days,
        context.history_months
    from wins
    left join first_wins
        on wins.account_key = first_wins.account_key
    cross join data_begin
    cross join context

),

classified as (

    select
        *,
        case
            when account_key is null then 'unclassified'
            when
                closed_on >= first_win_on
                and {{ dbt.datediff('first_win_on', 'closed_on', 'day') }} <= new_window_days
                and (customer_since is null or customer_since >= first_win_on)
                and coalesce(amount, 0) >= 0
                then 'new'
            else 'expansion'
        end as revenue_class
    from placed

)

select
    opportunity_key,
    revenue_class,
    coalesce(
        revenue_class = 'new' and place = 1 and amount > 0,
        false
    ) as is_first_win_of_customer,
    coalesce(
        revenue_class = 'new'
        and customer_since is null
        and closed_on < {{ dbt.dateadd('month', 'history_months', 'data_begin_on') }},
        false
    ) as is_class_provisional
from classified
