{# How a model changes in place only what is new. A night's build is a copy of the last published one,
   which stays at hand as the database `before`; where that is empty, everything is built anew, and none
   of this is rendered.

   Such a model is `materialized='incremental'`. A model of the schema `touched` lists the keys of which
   a row can be new, changed or gone: rows with these keys are taken out first (`take_out`), and those
   that there are now are put in (`is_touched`). It may list too many keys, never too few. #}

{# True in a night that changes the build of the last one: that one had tables. #}
{% macro is_increment() -%}
    {%- if not execute -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return(adapter.get_relation('before', 'run', 'applied_batches') is not none) }}
{%- endmacro %}

{# A relation as it was before this night. #}
{% macro before(relation) -%}
    before.{{ relation.schema }}.{{ relation.identifier }}
{%- endmacro %}

{# Condition that holds for rows of which `key` is one of the keys of `touched`, which go by the name
   `name` there; for all rows where all is built anew.
   Usage: where {{ is_touched('activities.activity_key', touched) }} #}
{% macro is_touched(key, touched, name=none) -%}
    {%- if is_increment() -%}
        {{ key }} in (select touched.{{ name or key.split('.')[-1] }} from {{ touched }} as touched)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# The statement, to be run first, that takes the rows with touched keys out of this model.
   Usage: pre_hook="{{ take_out('activity_key', ref('touched_activities')) }}" #}
{% macro take_out(key, touched, name=none) -%}
    {%- if is_increment() -%}
        delete from {{ this }} where {{ is_touched(key, touched, name) }}
    {%- endif -%}
{%- endmacro %}

{# Condition that holds for rows of batches that were not in the last build.
   Usage: where {{ is_new('activities._batch', source('run', 'applied_batches')) }} #}
{% macro is_new(batch, applied_batches) -%}
    {{ batch }} in (
        select applied.batch
        from {{ applied_batches }} as applied
        where applied.batch not in (
            select known.batch from {{ before(applied_batches) }} as known
        )
    )
{%- endmacro %}

{# A list of keys of a night in which everything is built anew. #}
{% macro no_keys(key) -%}
    select {{ key }}
    from (select cast(null as varchar) as {{ key }}) as nothing
    where {{ key }} is not null
{%- endmacro %}

{# The rows that `relation` has now and did not have before, or had: `columns` of them. Where it is one
   that is changed in place, only rows whose `key` is one of `touched` are compared.
   Usage: {{ changed(ref('int_rep_keys'), ['reference', 'rep_key']) }} #}
{% macro changed(relation, columns, key=none, touched=none) -%}
    {%- set looked_at %}
    {%- if touched %} where {{ is_touched(key, touched) }}{% endif %}
    {%- endset %}
    select distinct {{ columns | join(', ') }}
    from (
        select * from (
            select * from {{ relation }}{{ looked_at }}
            except all
            select * from {{ before(relation) }}{{ looked_at }}
        ) as news
        union all
        select * from (
            select * from {{ before(relation) }}{{ looked_at }}
            except all
            select * from {{ relation }}{{ looked_at }}
        ) as gone
    ) as changes
{%- endmacro %}
