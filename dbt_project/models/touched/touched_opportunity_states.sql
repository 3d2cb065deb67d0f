{% set touched = ref('touched_opportunities') -%}
{% set excluded = ref('int_opportunities_excluded') -%}
{% set places = ref('int_reps_placed') -%}
{% set reps = ref('int_reps_referenced') -%}
{% set products = ref('int_products_referenced') -%}
{% set states = ref('int_opportunities_states') -%}
{% if is_increment() -%}
with changed_reps as (

    {{ changed(places, ['rep_key']) }}
    union
    {{ changed(reps, ['rep_key']) }}

),

changed_products as (

    {{ changed(products, ['product_key']) }}

)

-- deals whose states may be others, and those whose exclusion, owner or product is described anew
select opportunity_key from {{ touched }}
union
select opportunity_key from ({{ changed(excluded, ['opportunity_key']) }}) as excluded_anew
union
select states.opportunity_key
from {{ states }} as states
left join changed_reps
    on states.rep_key = changed_reps.rep_key
left join changed_products
    on states.product_key = changed_products.product_key
where
    changed_reps.rep_key is not null
    or changed_products.product_key is not null
{%- else -%}
{{ no_keys('opportunity_key') }}
{%- endif %}
