{# One bound of Wilson's 95 % interval of a proportion; NULL where nothing was counted.
   E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927). #}
{% macro wilson_bound(side, numerator, denominator) -%}
{%- set z = 1.959963984540054 -%}
{%- set sign = '-' if side == 'low' else '+' -%}
case
    when {{ denominator }} > 0
        then (
            {{ numerator }} / {{ denominator }} + {{ z * z / 2 }} / {{ denominator }}
            {{ sign }} {{ z }} * sqrt(
                greatest(
                    {{ numerator }} / {{ denominator }} * (1 - {{ numerator }} / {{ denominator }})
                    / {{ denominator }},
                    0
                )
                + {{ z * z / 4 }} / ({{ denominator }} * {{ denominator }})
            )
        ) / (1 + {{ z * z }} / {{ denominator }})
end
{%- endmacro %}

{# The quality codes that hold, in the order given, joined by commas; '' where none does. Each pair is
   a condition and the SQL of its code. #}
{% macro quality_codes(pairs) -%}
substring(
    {%- for condition, code in pairs %}
        {{ '|| ' if not loop.first }}case when {{ condition }} then ',' || {{ code }} else '' end
    {%- endfor %},
    2
)
{%- endmacro %}
