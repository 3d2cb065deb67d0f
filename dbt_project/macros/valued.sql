{# Records of a company file with their `amount` in the company's currency too, as `company_amount`, at
   the rate of one of their days; NULL where that has none. Reads the model's CTEs `context` and `rates`.
   Usage: valued as ( {{ valued('costs', on_day='period_start') }} ) #}
{% macro valued(records, on_day) -%}
    select
        priced.*,
        {{ converted('priced.amount', 'rates') }} as company_amount
    from (
        select
            {{ records }}.*,
            upper(coalesce({{ records }}.currency, context.currency)) as source_currency
        from {{ records }}
        cross join context
    ) as priced
    left join rates
        on
            priced.source_currency = rates.currency
            and priced.{{ on_day }} = rates.date_on
{%- endmacro %}
