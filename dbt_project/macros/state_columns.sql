{# What makes two states of a deal different: columns of int_opportunities_states. #}
{% macro state_columns() -%}
    {{ return([
        'stage', 'outcome', 'amount', 'currency', 'expected_close_on', 'rep_key', 'account_key',
        'pipeline', 'deal_type', 'lead_source', 'product_key', 'probability', 'is_removed',
        'is_merged',
    ]) }}
{%- endmacro %}
