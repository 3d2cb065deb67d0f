{# A tool's own list by each name that a record may have: its API name, and the label of pages and
   reports where that is no other's API name, and one entry's alone.
   Usage: stage_names as ( {{ by_name_or_label('stages', ['is_closed', 'is_won']) }} ) #}
{% macro by_name_or_label(entries, columns) -%}
    select
        _source,
        api_name as name,
        {{ columns | join(', ') }}
    from {{ entries }}
    where _op = 'upsert'
    union all
    select
        labelled._source,
        labelled.master_label as name
        {%- for column in columns %},
        min(labelled.{{ column }}) as {{ column }}
        {%- endfor %}
    from {{ entries }} as labelled
    left join {{ entries }} as named
        on
            labelled._source = named._source
            and labelled.master_label = named.api_name
            and named._op = 'upsert'
    where
        labelled._op = 'upsert' and labelled.master_label is not null and named.api_name is null
    group by labelled._source, labelled.master_label
    having count(*) = 1
{%- endmacro %}
