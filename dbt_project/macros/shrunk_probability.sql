{# How likely an open deal is won: the share of wins among the deals that reached its stage and closed
   in the 365 days before, shrunk with weight 30 to what the CRM says (`given`), or where it says
   nothing, to the company's win rate; NULL where neither is known. `stages` is a row of
   int_stage_probabilities. #}
{% macro shrunk_probability(stages, given) -%}
    ({{ stages }}.won_count + 30 * coalesce({{ given }}, {{ stages }}.company_win_rate))
    / ({{ stages }}.closed_count + 30)
{%- endmacro %}

{# An amount times a probability, to the cent. #}
{% macro weighted(amount, probability) -%}
    cast(round({{ amount }} * cast({{ probability }} as decimal(18, 9)), 2) as decimal(18, 2))
{%- endmacro %}
