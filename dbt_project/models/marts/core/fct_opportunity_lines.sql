with opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

lines as (

    select * from {{ ref('int_opportunity_lines_resolved') }}

),

products as (

    select * from {{ ref('int_products_referenced') }}

),

-- a deal without lines has one of its own product
parts as (

    select
        opportunities.opportunity_key,
        opportunities.amount,
        coalesce(
            lines.line_key,
            {{ dbt.concat(['opportunities.opportunity_key', "':deal'"]) }}
        ) as line_key,
        case
            when lines.line_key is null then opportunities.product_key else lines.product_key
        end as product_key,
        lines.quantity,
        lines.amount as source_amount,
        cast(coalesce(lines.amount, 0) as double) as weight
    from opportunities
    left join lines
        on opportunities.opportunity_key = lines.opportunity_key

),

allocated as (

    {{ allocate_to_the_cent('parts', 'opportunity_key', 'line_key', 'amount', 'weight') }}

)

select
    allocated.line_key,
    allocated.opportunity_key,
    opportunities.source,
    allocated.product_key,
    coalesce(products.product_label, '(none)') as product,
    coalesce(products.product_family, '(none)') as product_family,
    allocated.quantity,
    allocated.source_amount,
    allocated.allocated_amount as amount,
    opportunities.rep_at_close as rep,
    opportunities.team_at_close as team,
    opportunities.manager_at_close as manager,
    opportunities.region_at_close as region,
    opportunities.segment_at_close as segment,
    opportunities.industry_at_close as industry,
    opportunities.country_at_close as country,
    opportunities.closed_on,
    opportunities.is_counted_win,
    opportunities.is_counted_loss,
    opportunities.is_priced_win,
    opportunities.is_win_rate_eligible
from allocated
inner join opportunities
    on allocated.opportunity_key = opportunities.opportunity_key
left join products
    on allocated.product_key = products.product_key
