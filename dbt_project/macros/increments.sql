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

{# A table as it was before this night. A view of that night would read the tables of this one. #}
{% macro before(relation) -%}
    {%- if load_relation(relation).is_view -%}
        {{ exceptions.raise_compiler_error(relation ~ ' is a view: what it was before is not known') }}
    {%- endif -%}
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
{% macro no_keys(key, type='varchar') -%}
    select {{ key }}
    from (select cast(null as {{ type }}) as {{ key }}) as nothing
    where {{ key }} is not null
{%- endmacro %}

{# The distinct `columns` of the rows that `relation` has now and did not have before, or had. Rows are the
   same that differ in no column that is `compared`; without it all are. Of a relation that is changed in
   place itself only rows are compared whose `key` is one of `touched`. Rows are grouped and counted, which
   takes a fifth of the time of `except all`.
   Usage: {{ changed(ref('int_rep_keys'), ['reference']) }} #}
{% macro changed(relation, columns, compared=none, key=none, touched=none) -%}
    {%- set compared = (
        compared or adapter.get_columns_in_relation(relation) | map(attribute='name')
    ) | join(', ') -%}
    select distinct {{ columns | join(', ') }}
    from (
        select {{ compared }}
        from (
            {%- for side, times in [(relation, 1), (before(relation), -1)] %}
            select {{ compared }}, {{ times }} as times
            from {{ side }}
            {%- if touched %}
            where {{ is_touched(key, touched) }}
            {%- endif %}
            {%- if not loop.last %}
            union all
            {%- endif %}
            {%- endfor %}
        ) as nights
        group by {{ compared }}
        having sum(times) <> 0
    ) as changes
{%- endmacro %}
