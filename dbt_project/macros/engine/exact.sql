{# Decimals multiplied and divided without floats: as whole numbers of their smallest steps. #}

{# The decimal `number` as the whole number of its steps of 10^-`decimals`: up to 38 digits. #}
{% macro steps_of(number, decimals) -%}
    {{ return(adapter.dispatch('steps_of', 'kpimart')(number, decimals)) }}
{%- endmacro %}

{% macro default__steps_of(number, decimals) -%}
    cast(cast({{ number }} as decimal(38, {{ decimals }})) * {{ 10 ** decimals }} as hugeint)
{%- endmacro %}

{% macro spark__steps_of(number, decimals) -%}
    cast({{ number }} * cast({{ 10 ** decimals }} as decimal(10, 0)) as decimal(38, 0))
{%- endmacro %}

{# The whole number nearest to `dividend` ÷ `divisor`, whole numbers both and the divisor above 0; a
   half is rounded away from 0. #}
{% macro nearest_whole(dividend, divisor) -%}
    {{ return(adapter.dispatch('nearest_whole', 'kpimart')(dividend, divisor)) }}
{%- endmacro %}

{% macro default__nearest_whole(dividend, divisor) -%}
    sign({{ dividend }})
    * ((2 * abs({{ dividend }}) + {{ divisor }}) // nullif(2 * {{ divisor }}, 0))
{%- endmacro %}

{% macro spark__nearest_whole(dividend, divisor) -%}
    sign({{ dividend }})
    * ((2 * abs({{ dividend }}) + {{ divisor }}) div nullif(2 * {{ divisor }}, 0))
{%- endmacro %}
