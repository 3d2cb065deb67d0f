{# A person's name: the whole one, else first and last name; NULL where nothing is known. #}
{% macro name_of(whole, first, last) -%}
    coalesce(
        {{ whole }},
        nullif(trim({{ dbt.concat(["coalesce(" ~ first ~ ", '')", "' '", "coalesce(" ~ last ~ ", '')"]) }}), '')
    )
{%- endmacro %}
