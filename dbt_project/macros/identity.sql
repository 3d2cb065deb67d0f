{# How records are compared, and what hangs together. An address counts when it has a name and a
   domain; a domain is lower case, without scheme, www, port and path; a full name has two words. #}

{# The mail address in lower case; NULL for anything that is none, so that records which say n/a or
   none are not one person. #}
{% macro mail_address(email) -%}
    case when trim({{ email }}) like '_%@_%' then lower(trim({{ email }})) end
{%- endmacro %}

{# acme.example of https://www.Acme.example:443/about and of info@acme.example. #}
{% macro web_domain(address) -%}
    nullif(
        trim(replace(
            '//' || split_part(
                split_part(
                    split_part(
                        split_part(
                            replace(replace(lower(trim({{ address }})), 'https://', ''), 'http://', ''),
                            '/', 1
                        ),
                        '?', 1
                    ),
                    ':', 1
                ),
                '@',
                case when {{ address }} like '%@%' then 2 else 1 end
            ),
            '//www.', '//'
        ), '/'),
        ''
    )
{%- endmacro %}

{# The name in lower case with single spaces, without full stops; NULL where it is a single word. #}
{% macro full_name(name) -%}
    case
        when trim({{ name }}) like '_% _%'
            then replace(
                replace(replace(lower(trim({{ name }})), '.', ''), '   ', ' '), '  ', ' '
            )
    end
{%- endmacro %}

{# The records of persons (int_person_records), each with the person that it is one of: `clusters`
   (int_person_clusters) says so where several addresses are one person. #}
{% macro people(records, clusters) -%}
    select
        records.record_key,
        records.record_kind,
        records._source,
        records.record_id,
        records.native_key,
        coalesce(clusters.person_key, records.address_key) as person_key,
        records.address_key,
        records.email,
        records.mail_domain,
        records.company_domain,
        records.account_id,
        records.is_merged,
        records.is_apart,
        records.opted_out_at,
        records.created_at
    from {{ records }} as records
    left join {{ clusters }} as clusters
        on records.address_key = clusters.address_key
{%- endmacro %}

{# One row per key in `edges` (left_key, right_key) with the smallest key that it hangs together
   with, whatever the way: `cluster_key`. In each round groups that touch grow together, at least
   half of them vanish, and chains are followed by jumps, eight links far; what were left over would
   fail the data test of the model that uses it. For edges that are few: each round joins them anew.
   Usage: {{ connected('edges') }} after a CTE of that name; leaves the CTE `connected`. #}
{% macro connected(edges) -%}
both_ways as (

    select
        left_key as node_key,
        right_key as neighbour_key
    from {{ edges }}
    union
    select
        right_key as node_key,
        left_key as neighbour_key
    from {{ edges }}

),

labels_0 as (

    select distinct
        node_key,
        node_key as cluster_key
    from both_ways

),
{% for round in [1, 2, 3, 4] %}
hooks_{{ round }}_0 as (

    select
        nodes.cluster_key as root_key,
        least(nodes.cluster_key, min(neighbours.cluster_key)) as cluster_key
    from both_ways
    inner join labels_{{ round - 1 }} as nodes
        on both_ways.node_key = nodes.node_key
    inner join labels_{{ round - 1 }} as neighbours
        on both_ways.neighbour_key = neighbours.node_key
    group by nodes.cluster_key

),
{% for jump in [1, 2, 3] %}
hooks_{{ round }}_{{ jump }} as (

    select
        hooks.root_key,
        ends.cluster_key
    from hooks_{{ round }}_{{ jump - 1 }} as hooks
    inner join hooks_{{ round }}_{{ jump - 1 }} as ends
        on hooks.cluster_key = ends.root_key

),
{% endfor %}
labels_{{ round }} as (

    select
        labels.node_key,
        hooks.cluster_key
    from labels_{{ round - 1 }} as labels
    inner join hooks_{{ round }}_3 as hooks
        on labels.cluster_key = hooks.root_key

),
{% endfor %}
connected as (

    select
        node_key,
        cluster_key
    from labels_4

)
{%- endmacro %}
