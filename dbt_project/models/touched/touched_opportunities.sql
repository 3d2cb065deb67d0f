{% set batches = source('run', 'applied_batches') -%}
{% set account_keys = ref('int_account_keys') -%}
{% set rep_keys = ref('int_rep_keys') -%}
{% set product_keys = ref('int_product_keys') -%}
{% set export_moments = ref('int_export_moments') -%}
{% set histories = ref('int_opportunity_histories') -%}
{% set field_changes = ref('int_field_changes_resolved') -%}
{% set opportunities = union_systems('opportunities') -%}
{% set stage_changes = union_systems('stage_changes') -%}
{% if is_increment() -%}
{% set named = ['account', 'owner', 'product'] -%}
with changed_accounts as (

    {{ changed(account_keys, ['_source', 'reference_kind', 'reference']) }}

),

changed_owners as (

    {{ changed(rep_keys, ['_source', 'reference_kind', 'reference']) }}

),

changed_products as (

    {{ changed(product_keys, ['_source', 'reference_kind', 'reference']) }}

),

changed_moments as (

    {{ changed(export_moments, ['source', 'object', 'as_of']) }}

),

-- a history that was not delivered reaches nowhere, and one without rows goes back to no day
moved_histories as (

    select
        histories._source,
        histories.has_amounts is distinct from earlier.has_amounts
        or histories.has_close_dates is distinct from earlier.has_close_dates as is_of_other_kind,
        {%- for limit in ['least', 'greatest'] %}
        {{ limit }}(
            coalesce(histories.begins_at, cast('0001-01-01' as timestamp)),
            coalesce(earlier.begins_at, cast('0001-01-01' as timestamp))
        ) as {{ limit }}_begin,
        {{ limit }}(
            coalesce(histories.reaches_until, cast('9999-12-31' as timestamp)),
            coalesce(earlier.reaches_until, cast('9999-12-31' as timestamp))
        ) as {{ limit }}_reach
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ histories }} as histories
    left join {{ before(histories) }} as earlier
        on histories._source = earlier._source

),

opportunities as (

    {{ opportunities }}

),

stage_changes as (

    {{ stage_changes }}

),

-- what an export brings, what names somebody or something that is known by another key now, what
-- another export went before, and what the history told of until now, or does from now on
shown as (

    select opportunities.opportunity_key
    from opportunities
    {%- for thing in named %}
    {%- for kind in ['id', 'name'] %}
    left join changed_{{ thing }}s as {{ thing }}s_by_{{ kind }}
        on
            opportunities._source = {{ thing }}s_by_{{ kind }}._source
            and {{ thing }}s_by_{{ kind }}.reference_kind = '{{ kind }}'
            and opportunities.{{ thing }}_{{ kind }} = {{ thing }}s_by_{{ kind }}.reference
    {%- endfor %}
    {%- endfor %}
    left join changed_moments
        on
            changed_moments.object = 'opportunities'
            and opportunities._source = changed_moments.source
            and opportunities._as_of = changed_moments.as_of
    left join moved_histories
        on opportunities._source = moved_histories._source
    where
        {{ is_new('opportunities._batch', batches) }}
        {%- for thing in named %}
        {%- for kind in ['id', 'name'] %}
        or {{ thing }}s_by_{{ kind }}.reference is not null
        {%- endfor %}
        {%- endfor %}
        or changed_moments.as_of is not null
        or (
            opportunities._as_of > moved_histories.least_reach
            and opportunities._as_of <= moved_histories.greatest_reach
        )

),

-- a change that is told anew may have been of another deal; one that vanished counts or not by when
-- its history begins
told as (

    select
        {{ dbt.concat(['stage_changes._source', "':'", 'stage_changes.opportunity_id']) }}
            as opportunity_key
    from stage_changes
    left join moved_histories
        on stage_changes._source = moved_histories._source
    where
        stage_changes.stage_change_key in (
            select news.stage_change_key
            from stage_changes as news
            where {{ is_new('news._batch', batches) }}
        )
        or moved_histories.is_of_other_kind
        or (
            stage_changes.changed_at >= moved_histories.least_begin
            and stage_changes.changed_at < moved_histories.greatest_begin
        )

)

select opportunity_key from shown
union
select opportunity_key from told where opportunity_key is not null
union
select opportunity_key from ({{ changed(field_changes, ['opportunity_key']) }}) as resolved_anew
where opportunity_key is not null
{%- else -%}
{{ no_keys('opportunity_key') }}
{%- endif %}
