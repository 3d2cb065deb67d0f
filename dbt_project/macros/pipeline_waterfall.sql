{# How the open pipeline of one day became that of another, line by line: the one home of the
   waterfall's rules. One row per row of `pairs`, scope (company, team, rep, currency) and member:
   start + created + reopened + pulled_in + transferred_in + included + increased + currency
   - decreased - pushed_out - transferred_out - won - lost - deleted - merged - excluded = end,
   to the cent. All but `currency_amount` and `end_amount` are valued at the rates of the opening day.

   `pairs`: relation with the columns `keys`, from_on and to_on (the states at the ends of both days),
   dated_from_on and dated_to_on (the pipeline expected to close from the one to before the other;
   NULL: all of it), has_reps (whether the scope rep is wanted). `states`: fct_opportunity_states,
   `rates`: dim_exchange_rates, `wins`: fct_opportunities.

   A deal leaves with the amount that it had when it left, so a change before goes to increased or
   decreased. In a scope where it changed its member between two open states it was transferred,
   whatever else happened. #}
{% macro pipeline_waterfall(pairs, keys, states, rates, wins) -%}
{%- set key_list = keys | join(', ') -%}
{%- set entries = ['created', 'reopened', 'pulled_in', 'transferred_in', 'included'] -%}
{%- set exits = [
    'pushed_out', 'transferred_out', 'won', 'lost', 'deleted', 'merged', 'excluded',
] -%}
{%- set scopes = [
    ('company', none), ('team', 'team'), ('rep', 'rep'), ('currency', 'source_currency'),
] -%}
with spans as (

    select distinct
        from_on,
        to_on
    from {{ pairs }}

),

-- the rates of the days in question
rates as (

    select
        days.day_on,
        exchange_rates.currency,
        exchange_rates.rate_times,
        exchange_rates.rate_divided_by
    from (
        select from_on as day_on
        from spans
        union
        select to_on as day_on
        from spans
    ) as days
    inner join {{ rates }} as exchange_rates
        on
            exchange_rates.rate_kind = 'actual'
            and exchange_rates.valid_from_on <= days.day_on
            and days.day_on < exchange_rates.valid_to_on

),

begun as (

    select
        source,
        min(valid_from_on) as begun_on
    from {{ states }}
    group by source

),

first_states as (

    select
        opportunity_key,
        min(valid_from_on) as first_on
    from {{ states }}
    group by opportunity_key

),

-- open at either end, or not known at the start: such a deal may have come and gone in between
touched as (

    select
        spans.from_on,
        spans.to_on,
        states.opportunity_key
    from spans
    inner join {{ states }} as states
        on
            states.is_open_pipeline
            and states.valid_from_on <= spans.from_on
            and spans.from_on < states.valid_to_on
    union
    select
        spans.from_on,
        spans.to_on,
        states.opportunity_key
    from spans
    inner join {{ states }} as states
        on
            states.is_open_pipeline
            and states.valid_from_on <= spans.to_on
            and spans.to_on < states.valid_to_on
    union
    select
        spans.from_on,
        spans.to_on,
        first_states.opportunity_key
    from spans
    inner join first_states
        on
            spans.from_on < first_states.first_on
            and first_states.first_on <= spans.to_on

),

moved as (

    select
        touched.from_on,
        touched.to_on,
        coalesce(before.is_open_pipeline, false) as was_open,
        coalesce(after.is_open_pipeline, false) as is_open,
        before.counted_close_on as was_dated_on,
        after.counted_close_on as is_dated_on,
        {%- for _, column in scopes if column %}
        before.{{ column }} as {{ column }}_before,
        after.{{ column }} as {{ column }}_after,
        {%- endfor %}
        case
            when after.outcome in ('won', 'lost') then after.outcome
            when after.is_merged then 'merged'
            when after.outcome = 'removed' then 'deleted'
            when after.is_open_pipeline then 'pushed_out'
            else 'excluded'
        end as exit_line,
        case
            when before.outcome in ('won', 'lost') then 'reopened'
            when before.opportunity_key is null and begun.begun_on <= touched.from_on then 'created'
            when before.is_open_pipeline then 'pulled_in'
            else 'included'
        end as entry_line,
        case
            when before.is_open_pipeline
                then coalesce({{ converted('before.counted_amount', 'rates_before') }}, 0)
            else 0
        end as start_amount,
        coalesce({{ converted('after.counted_amount', 'rates_kept') }}, 0) as kept_amount,
        case
            when after.is_open_pipeline
                then coalesce({{ converted('after.counted_amount', 'rates_after') }}, 0)
            else 0
        end as end_amount
    from touched
    left join {{ states }} as before
        on
            touched.opportunity_key = before.opportunity_key
            and before.valid_from_on <= touched.from_on
            and touched.from_on < before.valid_to_on
    inner join {{ states }} as after
        on
            touched.opportunity_key = after.opportunity_key
            and after.valid_from_on <= touched.to_on
            and touched.to_on < after.valid_to_on
    inner join begun
        on after.source = begun.source
    left join rates as rates_before
        on
            touched.from_on = rates_before.day_on
            and before.counted_currency = rates_before.currency
    left join rates as rates_kept
        on
            touched.from_on = rates_kept.day_on
            and after.counted_currency = rates_kept.currency
    left join rates as rates_after
        on
            touched.to_on = rates_after.day_on
            and after.counted_currency = rates_after.currency

),

placed as (

    select
        {%- for key in keys + ['has_reps'] %}
        pairs.{{ key }},
        {%- endfor %}
        moved.was_open,
        moved.is_open,
        {%- for _, column in scopes if column %}
        moved.{{ column }}_before,
        moved.{{ column }}_after,
        {%- endfor %}
        moved.exit_line,
        moved.entry_line,
        moved.start_amount,
        moved.kept_amount,
        moved.end_amount,
        moved.was_open and (
            pairs.dated_from_on is null
            or coalesce(
                pairs.dated_from_on <= moved.was_dated_on
                and moved.was_dated_on < pairs.dated_to_on,
                false
            )
        ) as was_in,
        moved.is_open and (
            pairs.dated_from_on is null
            or coalesce(
                pairs.dated_from_on <= moved.is_dated_on and moved.is_dated_on < pairs.dated_to_on,
                false
            )
        ) as is_in,
        moved.entry_line = 'created' and moved.exit_line in ('won', 'lost') and (
            pairs.dated_from_on is null
            or coalesce(
                pairs.dated_from_on <= moved.is_dated_on and moved.is_dated_on < pairs.dated_to_on,
                false
            )
        ) as has_come_and_gone
    from {{ pairs }} as pairs
    inner join moved
        on
            pairs.from_on = moved.from_on
            and pairs.to_on = moved.to_on

),

-- deals that moved alike, added before they are told apart by scope
added as (

    select
        {{ key_list }},
        has_reps,
        was_open,
        is_open,
        was_in,
        is_in,
        has_come_and_gone,
        exit_line,
        entry_line,
        {%- for _, column in scopes if column %}
        {{ column }}_before,
        {{ column }}_after,
        {%- endfor %}
        sum(start_amount) as start_amount,
        sum(greatest(kept_amount - start_amount, 0)) as increased_amount,
        sum(greatest(start_amount - kept_amount, 0)) as decreased_amount,
        sum(kept_amount) as kept_amount,
        sum(end_amount) as end_amount
    from placed
    where was_in or is_in or has_come_and_gone
    group by
        {{ key_list }},
        has_reps,
        was_open,
        is_open,
        was_in,
        is_in,
        has_come_and_gone,
        exit_line,
        entry_line
        {%- for _, column in scopes if column %},
        {{ column }}_before,
        {{ column }}_after
        {%- endfor %}

),

scoped as (
    {% for scope, column in scopes %}
    select
        added.*,
        '{{ scope }}' as scope,
        {%- if column %}
        {{ column }}_before as member_before,
        {{ column }}_after as member_after,
        was_open and is_open and {{ column }}_before <> {{ column }}_after as is_transferred
        {%- else %}
        '(all)' as member_before,
        '(all)' as member_after,
        false as is_transferred
        {%- endif %}
    from added
    {%- if scope == 'rep' %}
    where has_reps
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

-- what the member of the start sees, then what another member, or nobody, had at the start
seen as (

    select
        {{ key_list }},
        scope,
        member_before as member,
        case
            when is_transferred then 'transferred_out'
            when not is_in then exit_line
        end as exit_line,
        cast(null as varchar) as entry_line,
        start_amount,
        increased_amount,
        decreased_amount,
        kept_amount,
        case when is_in and not is_transferred then end_amount else 0 end as end_amount,
        case when is_in and not is_transferred then end_amount - kept_amount else 0 end
            as currency_amount
    from scoped
    where was_in
    union all
    select
        {{ key_list }},
        scope,
        member_after as member,
        case when has_come_and_gone then exit_line end as exit_line,
        case
            when entry_line in ('reopened', 'created') then entry_line
            when is_transferred then 'transferred_in'
            else entry_line
        end as entry_line,
        0 as start_amount,
        0 as increased_amount,
        0 as decreased_amount,
        kept_amount,
        end_amount,
        case when is_in then end_amount - kept_amount else 0 end as currency_amount
    from scoped
    where (is_in and (is_transferred or not was_in)) or (has_come_and_gone and not was_in)

),

-- beside what was won, what revenue says: at the closing days' rates, by the closing days
revenue as (
    {% for scope, column in scopes %}
    select
        {%- for key in keys %}
        pairs.{{ key }},
        {%- endfor %}
        '{{ scope }}' as scope,
        {{ 'wins.' ~ {'team': 'team_at_close', 'rep': 'rep_at_close'}.get(column, column) if column else "'(all)'" }}
            as member,
        wins.amount as revenue_amount
    from {{ pairs }} as pairs
    inner join {{ wins }} as wins
        on
            wins.is_counted_win
            and pairs.from_on < wins.closed_on
            and wins.closed_on <= pairs.to_on
    {%- if scope == 'rep' %}
    where pairs.has_reps
    {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {% endfor %}
),

lines as (

    select
        {{ key_list }},
        scope,
        member,
        exit_line,
        entry_line,
        start_amount,
        increased_amount,
        decreased_amount,
        kept_amount,
        end_amount,
        currency_amount,
        0 as revenue_amount
    from seen
    union all
    select
        {{ key_list }},
        scope,
        member,
        cast(null as varchar) as exit_line,
        cast(null as varchar) as entry_line,
        0 as start_amount,
        0 as increased_amount,
        0 as decreased_amount,
        0 as kept_amount,
        0 as end_amount,
        0 as currency_amount,
        coalesce(revenue_amount, 0) as revenue_amount
    from revenue

)

select
    {{ key_list }},
    scope,
    member,
    cast(sum(start_amount) as decimal(18, 2)) as start_amount,
    {%- for line in entries %}
    cast(
        sum(case when entry_line = '{{ line }}' then kept_amount else 0 end) as decimal(18, 2)
    ) as {{ line }}_amount,
    {%- endfor %}
    cast(sum(increased_amount) as decimal(18, 2)) as increased_amount,
    cast(sum(currency_amount) as decimal(18, 2)) as currency_amount,
    cast(sum(decreased_amount) as decimal(18, 2)) as decreased_amount,
    {%- for line in exits %}
    cast(
        sum(case when exit_line = '{{ line }}' then kept_amount else 0 end) as decimal(18, 2)
    ) as {{ line }}_amount,
    {%- endfor %}
    cast(sum(end_amount) as decimal(18, 2)) as end_amount,
    cast(sum(revenue_amount) as decimal(18, 2)) as revenue
from lines
group by {{ key_list }}, scope, member
{%- endmacro %}
