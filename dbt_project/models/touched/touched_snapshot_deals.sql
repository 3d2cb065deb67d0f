{% set touched = ref('touched_opportunity_states') -%}
{% set opportunities = ref('int_opportunities') -%}
{% set accepted = ref('int_opportunities_accepted') -%}
{% set account_versions = ref('int_accounts_versions') -%}
{% set states = ref('fct_opportunity_states') -%}
{% if is_increment() -%}
with changed_accounts as (

    {{ changed(account_versions, ['account_key']) }}

),

changed_deals as (

    {{ changed(
        opportunities, ['opportunity_key'],
        compared=['opportunity_key', 'created_on', 'is_renewal']
    ) }}

),

changed_acceptances as (

    {{ changed(accepted, ['opportunity_key']) }}

)

-- deals in other states (a product that is described anew is among the reasons), and those of which a
-- snapshot tells something else
select opportunity_key from {{ touched }}
union
select opportunity_key from changed_deals
union
select opportunity_key from changed_acceptances
union
select states.opportunity_key
from {{ states }} as states
inner join changed_accounts
    on states.account_key = changed_accounts.account_key
{%- else -%}
{{ no_keys('opportunity_key') }}
{%- endif %}
