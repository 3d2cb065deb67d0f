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
        opportunities.is_renewal,
        accounts.customer_since
    from opportunities
    left join accounts
        on opportunities.account_key = accounts.account_key
    where
        opportunities.is_won
        and not opportunities.is_left_out
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

-- a first win that is a renewal proves a customer older than the data
older_customers as (

    select distinct wins.account_key
    from wins
    inner join first_wins
        on
            wins.account_key = first_wins.account_key
            and wins.closed_on = first_wins.first_win_on
    where wins.is_renewal and wins.amount > 0

),

placed as (

    select
        wins.*,
        first_wins.first_win_on,
        older_customers.account_key is not null as is_older_customer,
        max(wins.closed_on) over (
            partition by wins.account_key
            order by wins.closed_on
            range between unbounded preceding and interval 1 day preceding
        ) as previous_win_on,
        row_number() over (
            partition by wins.account_key
            order by
                case when wins.amount > 0 then 0 else 1 end,
                wins.closed_on,
                wins.opportunity_key
        ) as place,
        data_begin.first_win_on as data_begin_on,
        context.new_window_days,
        context.win_back_months,
        context.history_months
    from wins
    left join first_wins
        on wins.account_key = first_wins.account_key
    left join older_customers
        on wins.account_key = older_customers.account_key
    cross join data_begin
    cross join context

),

classified as (

    select
        *,
        case
            when account_key is null then 'unclassified'
            when is_renewal then 'renewal'
            when
                closed_on >= first_win_on
                and {{ dbt.datediff('first_win_on', 'closed_on', 'day') }} <= new_window_days
                and not is_older_customer
                and (customer_since is null or customer_since >= first_win_on)
                and coalesce(amount, 0) >= 0
                then 'new'
            when
                closed_on >= {{ dbt.dateadd('month', 'win_back_months', 'previous_win_on') }}
                then 'win_back'
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
