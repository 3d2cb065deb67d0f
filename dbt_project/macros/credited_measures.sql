{# The measures of quotas that teams reach by their shares of people: those of credited revenue. Others
   count for the first team of a person whole, in quota and in result. #}
{% macro credited_measures() -%}
    'revenue', 'new_revenue', 'expansion_revenue', 'renewal_revenue', 'win_back_revenue',
    'unclassified_revenue', 'credited_wins'
{%- endmacro %}
