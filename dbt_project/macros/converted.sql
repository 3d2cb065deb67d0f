{# `amount` in the company's currency: times `rate_times` and divided by `rate_divided_by` of `rates`,
   exactly, then rounded to the cent, a half away from 0; decimal(18,2), NULL where there is no rate.
   `rates` is the alias of a row of int_exchange_rates_daily, or of int_exchange_rates.
   Usage: {{ converted('deals.amount', 'rates') }} #}
{% macro converted(amount, rates) -%}
    case
        when {{ rates }}.rate_times = {{ rates }}.rate_divided_by then {{ amount }}
        else {{ exact_quotient(
            steps_of(amount, 2) ~ ' * ' ~ steps_of(rates ~ '.rate_times', 9),
            steps_of(rates ~ '.rate_divided_by', 9),
            2
        ) }}
    end
{%- endmacro %}

{# `dividend` ÷ `divisor`, whole numbers both, read as steps of 10^-`decimals`: a decimal(18, n). #}
{% macro exact_quotient(dividend, divisor, decimals) -%}
    cast(
        cast({{ nearest_whole('(' ~ dividend ~ ')', divisor) }} as decimal(38, 0))
        * {{ '%.*f' | format(decimals, 10 ** -decimals) }} as decimal(18, {{ decimals }})
    )
{%- endmacro %}

{# What one unit of the currency of `rates` costs in the company's currency, to nine decimals. #}
{% macro exchange_rate(rates) -%}
    {{ exact_quotient(
        '1000000000 * ' ~ steps_of(rates ~ '.rate_times', 9),
        steps_of(rates ~ '.rate_divided_by', 9),
        9
    ) }}
{%- endmacro %}
