with field_changes as (

    select
        *,
        {{ dbt.concat(['_source', "':'", 'opportunity_id']) }} as opportunity_key
    from {{ ref('int_field_changes_current') }}

),

value_map as (

    select * from {{ source('run', 'value_map') }}
    where object = 'field_changes' and column_name = 'field'

),

rep_keys as (

    select * from {{ ref('int_rep_keys') }}

),

account_keys as (

    select * from {{ ref('int_account_keys') }}

),

-- since when a source's history goes back
histories as (

    select
        _source,
        min(case when not is_vanished then changed_at end) as begins_at
    from field_changes
    group by _source

),

fields as (

    select
        field_changes.opportunity_key,
        field_changes._source,
        field_changes.field_change_id,
        field_changes.changed_at,
        field_changes.old_value,
        field_changes.new_value,
        value_map.meaning as field,
        field_changes.is_vanished
        and coalesce(field_changes.changed_at >= histories.begins_at, true) as is_taken_back
    from field_changes
    inner join value_map
        on
            field_changes._source = value_map.source
            and field_changes.field = value_map.found_value
    inner join histories
        on field_changes._source = histories._source

),

-- whom or what the value of a lookup names: by id before name
named as (

    select
        'owner' as field,
        _source,
        reference,
        min_by(rep_key, reference_kind) as named_key,
        bool_or(reference_kind = 'id') as is_id
    from rep_keys
    where reference_kind in ('id', 'name')
    group by _source, reference
    union all
    select
        'account' as field,
        _source,
        reference,
        min_by(account_key, reference_kind) as named_key,
        bool_or(reference_kind = 'id') as is_id
    from account_keys
    group by _source, reference

),

-- of a lookup some tools write two rows, one with ids and one with names: the ids count
resolved_fields as (

    select
        fields.*,
        old_named.named_key as old_named_key,
        new_named.named_key as new_named_key,
        fields.field in ('owner', 'account')
        and not coalesce(old_named.is_id, new_named.is_id, false) as is_by_name,
        row_number() over (
            partition by fields.opportunity_key, fields.field
            order by fields.changed_at, length(fields.field_change_id), fields.field_change_id
        ) as place
    from fields
    left join named as old_named
        on
            fields.field = old_named.field
            and fields._source = old_named._source
            and fields.old_value = old_named.reference
    left join named as new_named
        on
            fields.field = new_named.field
            and fields._source = new_named._source
            and fields.new_value = new_named.reference

),

told_fields as (

    select
        *,
        bool_or(not is_by_name) over (
            partition by opportunity_key, field, changed_at
        ) as has_ids
    from resolved_fields

)

select
    opportunity_key,
    _source,
    field_change_id,
    place,
    field,
    old_value,
    new_value,
    old_named_key,
    new_named_key,
    changed_at,
    is_taken_back
from told_fields
where not (is_by_name and has_ids)
