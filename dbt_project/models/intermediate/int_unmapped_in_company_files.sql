with costs as (

    select * from {{ ref('fct_costs') }}

),

benchmarks as (

    select * from {{ ref('fct_benchmarks') }}

),

surveys as (

    select * from {{ ref('fct_surveys') }}

),

kinds as (

    select * from {{ ref('int_surveys_current') }}

),

-- what is money and in a currency without a rate on its day
unconverted as (
    {% for fact, object in [
        ('fct_costs', 'costs'), ('fct_invoices', 'invoices'), ('fct_market_size', 'market_size')
    ] %}
    select
        source,
        '{{ object }}' as object,
        source_currency,
        source_amount
    from {{ ref(fact) }}
    where not is_converted
    union all
    {%- endfor %}
    select
        source,
        'benchmarks' as object,
        source_currency,
        cast(null as decimal(18, 2)) as source_amount
    from benchmarks
    where not is_converted

)

select
    source,
    object,
    'currency' as column_name,
    source_currency as found_value,
    'no exchange rate on its day: the amount is in no sum' as treatment,
    count(*) as row_count,
    sum(source_amount) as amount
from unconverted
group by source, object, source_currency
union all
select
    source,
    'costs' as object,
    'category' as column_name,
    category as found_value,
    'neither sales, marketing, goods nor other: the cost is in no KPI' as treatment,
    count(*) as row_count,
    sum(amount) as amount
from costs
where category_meaning is null and category is not null
group by source, category
union all
select
    source,
    'benchmarks' as object,
    'kpi' as column_name,
    kpi as found_value,
    'no KPI of this name: compared with nothing' as treatment,
    count(*) as row_count,
    cast(null as decimal(38, 2)) as amount
from benchmarks
where not is_known_kpi
group by source, kpi
union all
select
    source,
    'surveys' as object,
    'answer' as column_name,
    answer as found_value,
    'neither satisfied nor not_satisfied: kept, and not counted' as treatment,
    count(*) as row_count,
    cast(null as decimal(38, 2)) as amount
from surveys
where answer_meaning is null and answer is not null
group by source, answer
union all
select
    kinds._source as source,
    'surveys' as object,
    'kind' as column_name,
    kinds.kind as found_value,
    'neither satisfaction, recommendation nor effort: kept, and not counted' as treatment,
    count(*) as row_count,
    cast(null as decimal(38, 2)) as amount
from kinds
inner join surveys
    on kinds.survey_answer_key = surveys.survey_answer_key
where surveys.survey_kind is null and kinds.kind is not null
group by kinds._source, kinds.kind
