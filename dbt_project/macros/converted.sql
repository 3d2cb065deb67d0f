{# `amount` in the company's currency: times `rate_times` and divided by `rate_divided_by` of `rates`,
   exactly, then rounded to the cent, a half away from 0; decimal(18,2), NULL where there is no rate.
   `rates` is the alias of a row of int_exchange_rates_daily, or of int_exchange_rates.
   Whole numbers of 128 bits cost 1.3 µs a row, doubles a tenth of that: below 10^9 they are wrong by
   less than a thousandth of a cent, so they do for all that is not that near to half a cent.
   Usage: {{ converted('deals.amount', 'rates') }} #}
{% macro converted(amount, rates) -%}
{%- set estimate -%}
cast({{ amount }} as double) * cast({{ rates }}.rate_times as double)
            / nullif(cast({{ rates }}.rate_divided_by as double), 0)
{%- endset -%}
    case
        when {{ rates }}.rate_times = {{ rates }}.rate_divided_by then {{ amount }}
        when
            abs({{ estimate }}) < 1e9
            and abs(100 * {{ estimate }} - floor(100 * {{ estimate }}) - 0.5) > 1e-3
            then cast({{ estimate }} as decimal(18, 2))
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
