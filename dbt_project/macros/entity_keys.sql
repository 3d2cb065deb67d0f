{# What other objects may call a record of `versions`: its id, and its name where only one record of
   the source bears it. One row per source, kind of reference and reference. A record that was merged
   is meant as its survivor, where `survivors` is given.
   Usage: {{ entity_keys(ref('int_products_versions'), 'product_key', 'product_id', 'product_name') }} #}
{% macro entity_keys(versions, key, id, name, survivors=none) -%}
with records as (

    select distinct
        versions._source,
        {%- if survivors %}
        coalesce(survivors.survivor_key, versions.{{ key }}) as {{ key }},
        {%- else %}
        versions.{{ key }},
        {%- endif %}
        versions.{{ id }} as reference_id,
        versions.{{ name }} as reference_name
    from {{ versions }} as versions
    {%- if survivors %}
    left join {{ survivors }} as survivors
        on versions.{{ key }} = survivors.{{ key }}
    {%- endif %}
    where versions._op = 'upsert'

),

names as (

    select
        _source,
        reference_name,
        min({{ key }}) as {{ key }}
    from records
    where reference_name is not null
    group by _source, reference_name
    having count(distinct {{ key }}) = 1

)

select distinct
    _source,
    'id' as reference_kind,
    reference_id as reference,
    {{ key }}
from records
where reference_id is not null
union all
select
    _source,
    'name' as reference_kind,
    reference_name as reference,
    {{ key }}
from names
{%- endmacro %}

{# The key behind a reference by id or by name: by id where that is known, else by name, else a key
   made of the reference itself, so that nobody is lost whom no export describes. #}
{% macro resolved_key(record, id, name, by_id, by_name, key) -%}
    coalesce(
        {{ by_id }}.{{ key }},
        {{ by_name }}.{{ key }},
        case
            when coalesce({{ record }}.{{ id }}, {{ record }}.{{ name }}) is not null
                then {{ dbt.concat([record ~ '._source', "':'", 'coalesce(' ~ record ~ '.' ~ id ~ ', ' ~ record ~ '.' ~ name ~ ')']) }}
        end
    )
{%- endmacro %}
