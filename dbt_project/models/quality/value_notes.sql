{%- set without_money = ['unconverted', 'amount_missing'] -%}
with opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

snapshots as (

    select * from {{ ref('fct_pipeline_snapshots') }} where is_month_end or is_as_of

),

leads as (

    select * from {{ ref('fct_leads') }}

),

activities as (

    select * from {{ ref('fct_activities') }}

),

credits as (

    select * from {{ ref('fct_opportunity_credits') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

quarantined as (

    select * from {{ ref('quarantined_rows') }}

),

-- each note names a KPI, the day it belongs to (NULL where none is known) and the rows behind it
noted as (
    {% for kpi, code, on, condition in [
        ('revenue', 'unconverted', 'closed_on', 'is_counted_win and not is_converted'),
        ('revenue', 'amount_missing', 'closed_on', 'is_counted_win and source_amount is null'),
        ('average_deal_size', 'non_positive_amount', 'closed_on', 'is_counted_win and amount <= 0'),
        ('revenue', 'close_date_missing', 'created_on', "outcome = 'won' and closed_on is null"),
        ('deals_lost', 'close_date_missing', 'created_on', "outcome = 'lost' and closed_on is null"),
        ('revenue', 'close_date_replaced', 'closed_on', "is_counted_win and closed_on_source = 'seen_closed'"),
        ('deals_lost', 'close_date_replaced', 'closed_on', "is_counted_loss and closed_on_source in ('seen_closed', 'seen_lost')"),
        ('sales_cycle_days', 'negative_duration', 'closed_on', 'is_counted_win and created_on > closed_on'),
        ('sales_cycle_days', 'creation_date_missing', 'closed_on', 'is_counted_win and created_on is null'),
        ('pipeline_created', 'creation_date_missing', 'null', 'created_on is null'),
        ('pipeline_created', 'amount_missing', 'created_on', 'created_on is not null and created_amount is null and is_creation_converted'),
        ('pipeline_created', 'unconverted', 'created_on', 'is_counted_creation and not is_creation_converted'),
        ('revenue', 'unmapped', 'created_on', "outcome = 'unmapped'"),
        ('pipeline_created', 'excluded', 'created_on', 'exclusion is not null'),
    ] %}
    select
        '{{ kpi }}' as kpi,
        '{{ code }}' as code,
        cast({{ on }} as date) as noted_on,
        {{ 'amount' if code not in without_money else 'cast(null as decimal(18, 2))' }} as amount
    from opportunities
    where
        not is_deleted
        and {{ condition }}
        {%- if code != 'excluded' %}
        and exclusion is null
        {%- endif %}
    union all
    {% endfor %}
    {%- for code, condition in [
        ('unconverted', 'not is_converted'),
        ('amount_missing', 'source_amount is null and amount is null'),
        ('list_price', "amount_source = 'list_price'"),
    ] %}
    select
        'open_pipeline' as kpi,
        '{{ code }}' as code,
        snapshot_on as noted_on,
        {{ 'amount' if code not in without_money else 'cast(null as decimal(18, 2))' }} as amount
    from snapshots
    where {{ condition }}
    union all
    {% endfor %}
    {%- for kpi, code, on, condition in [
        ('leads_created', 'duplicate', 'created_on', "lead_kind = 'duplicate' and exclusion is null"),
        ('leads_created', 'excluded', 'created_on', 'exclusion is not null'),
        ('leads_created', 're_inquiry', 'created_on', 'is_re_inquiry'),
        ('qualified_leads', 'qualification_date_missing', 'created_on',
            "status_meaning in ('qualified', 'converted') and qualified_on is null and exclusion is null"),
        ('lead_response_time', 'left_out', 'created_on',
            "response_exclusion in ('spam', 'bulk import', 'opted out')"),
        ('lead_response_time', 'day_precise', 'created_on',
            "response_exclusion = 'no moment of creation'"),
        ('lead_response_time', 'unmapped', 'created_on',
            'is_response_counted and lead_source_meaning is null'),
    ] %}
    select
        '{{ kpi }}' as kpi,
        '{{ code }}' as code,
        {{ on }} as noted_on,
        cast(null as decimal(18, 2)) as amount
    from leads
    where {{ condition }}
    union all
    {% endfor %}
    {%- for kpi, code, condition in [
        ('meetings_held', 'presumed_held', 'is_meeting_held and meeting_outcome_meaning is null'),
        ('connect_rate', 'disposition_missing', 'is_call_made and not is_dial_with_disposition'),
        ('calls_made', 'double_logged', "is_duplicate and exclusion is null and kind = 'call' and direction = 'outbound'"),
        ('emails_sent', 'double_logged', "is_duplicate and exclusion is null and kind = 'email' and direction = 'outbound'"),
        ('meetings_held', 'double_logged', "is_duplicate and exclusion is null and kind = 'meeting'"),
        ('calls_made', 'excluded', "exclusion is not null and kind = 'call' and direction = 'outbound'"),
        ('emails_sent', 'excluded', "exclusion is not null and kind = 'email' and direction = 'outbound'"),
        ('meetings_held', 'excluded', "exclusion is not null and kind = 'meeting'"),
    ] %}
    select
        '{{ kpi }}' as kpi,
        '{{ code }}' as code,
        occurred_on as noted_on,
        cast(null as decimal(18, 2)) as amount
    from activities
    where {{ condition }}
    union all
    {% endfor %}
    select
        'revenue' as kpi,
        'shares_scaled' as code,
        closed_on as noted_on,
        cast(sum(amount) as decimal(18, 2)) as amount
    from credits
    where is_credited_win and is_share_scaled
    group by opportunity_key, closed_on
    union all
    select
        'revenue' as kpi,
        'quarantined' as code,
        cast(null as date) as noted_on,
        amount
    from quarantined
    where object = 'opportunities'

)

select
    noted.kpi,
    'month' as grain,
    dates.month_start_on as period_start,
    'company' as scope,
    '(all)' as member,
    noted.code,
    count(*) as row_count,
    cast(sum(noted.amount) as decimal(38, 2)) as amount
from noted
left join dates
    on noted.noted_on = dates.date_on
group by noted.kpi, dates.month_start_on, noted.code
