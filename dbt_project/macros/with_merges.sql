{# The rows of an object whose tool lists absorbed records on their survivor (`merged_ids`, between
   semicolons; an id may carry the moment of the merge: 9002:1700000000000).
   One row per version in the lake, and one more per absorbed record: as of the first export of the
   survivor that names it, with `merged_into_id`; `state_as_of` and `state_batch` are those of the
   version that it says the content of. An absorbed record's tombstones say nothing more, and go.
   Usage: from {{ with_merges('lake') }} as versions inner join lake on … #}
{% macro with_merges(relation) -%}
    (
        with mentions as (

            select
                _source,
                _as_of,
                _batch,
                _row,
                id as survivor_id,
                split_part(value, ':', 1) as absorbed_id,
                row_number() over (
                    partition by _source, split_part(value, ':', 1)
                    order by _as_of, _batch, _row
                ) as mentions_back
            from {{ list_entries(
                relation, 'merged_ids', ';', ['_source', '_as_of', '_batch', '_row', 'id']
            ) }}

        ),

        first_mentions as (

            select * from mentions where mentions_back = 1

        ),

        last_states as (

            select
                *,
                row_number() over (
                    partition by _source, _key order by _as_of desc, _batch desc
                ) as versions_back
            from {{ relation }}
            where _op = 'upsert'

        )

        select
            versions._source,
            versions._key,
            versions._as_of,
            versions._batch,
            versions._row,
            versions._op,
            versions._as_of as state_as_of,
            versions._batch as state_batch,
            cast(null as varchar) as merged_into_id
        from {{ relation }} as versions
        left join first_mentions
            on
                versions._source = first_mentions._source
                and versions._key = first_mentions.absorbed_id
        where versions._op = 'upsert' or first_mentions.absorbed_id is null
        union all
        select
            last_states._source,
            last_states._key,
            first_mentions._as_of,
            first_mentions._batch,
            first_mentions._row,
            'upsert' as _op,
            last_states._as_of as state_as_of,
            last_states._batch as state_batch,
            first_mentions.survivor_id as merged_into_id
        from first_mentions
        inner join last_states
            on
                first_mentions._source = last_states._source
                and first_mentions.absorbed_id = last_states._key
                and last_states.versions_back = 1
    )
{%- endmacro %}
