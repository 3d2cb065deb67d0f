{# A name that nobody else bears: where two records share it, the source is added, and where they
   share that too, the key. #}
{% macro unique_label(name, key) -%}
    case
        when count(*) over (partition by {{ name }}) = 1 then {{ name }}
        when count(*) over (partition by {{ name }}, _source) = 1
            then {{ dbt.concat([name, "' ('", '_source', "')'"]) }}
        else {{ dbt.concat([name, "' ('", key, "')'"]) }}
    end
{%- endmacro %}
