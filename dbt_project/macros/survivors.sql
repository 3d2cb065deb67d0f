{# Who is left of the records that were merged into others: one row per merged record, with the record
   at the end of its chain. By pointer jumping: six self-joins follow chains of 64. Records that were
   merged in a circle have no survivor: each stays itself, and is_circular says so; so does one whose
   target no export ever showed.
   Usage: {{ survivors(ref('int_accounts_versions'), 'account_key') }} #}
{% macro survivors(versions, key) -%}
with records as (

    select
        {{ key }},
        _source,
        merged_into_id
    from {{ versions }}
    where is_current

),

targeted as (

    select
        {{ key }},
        {{ dbt.concat(['_source', "':'", 'merged_into_id']) }} as target_key
    from records
    where merged_into_id is not null

),

jumped_0 as (

    select targeted.*
    from targeted
    inner join records
        on targeted.target_key = records.{{ key }}

),
{% for jump in [1, 2, 3, 4, 5, 6] %}
jumped_{{ jump }} as (

    select
        nearer.{{ key }},
        coalesce(further.target_key, nearer.target_key) as target_key
    from jumped_{{ jump - 1 }} as nearer
    left join jumped_{{ jump - 1 }} as further
        on nearer.target_key = further.{{ key }}

),
{% endfor %}
ended as (

    select
        jumped_6.{{ key }},
        jumped_6.target_key,
        further.{{ key }} is not null as is_circular
    from jumped_6
    left join jumped_0 as further
        on jumped_6.target_key = further.{{ key }}

)

select
    {{ key }},
    case when is_circular then {{ key }} else target_key end as survivor_key,
    is_circular
from ended
{%- endmacro %}
