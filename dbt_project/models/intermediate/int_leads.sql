{{ config(
    materialized='incremental',
    pre_hook="{{ take_out('lead_key', ref('touched_leads')) }}"
) }}
with versions as (

    select * from {{ ref('int_leads_versions') }}
    where _op = 'upsert' and {{ is_touched('lead_key', ref('touched_leads')) }}

),

value_map as (

    select * from {{ source('run', 'value_map') }} where object = 'leads'

),

rep_keys as (

    select * from {{ ref('int_rep_keys') }}

),

person_keys as (

    select * from {{ ref('int_people') }} where record_kind = 'lead'

),

people_excluded as (

    select * from {{ ref('int_people_excluded') }}

),

lead_accounts as (

    select * from {{ ref('int_leads_accounts') }}

),

imported as (

    select * from {{ ref('int_leads_imported') }}

),

context as (

    select * from {{ source('run', 'context') }}

),

described as (

    select
        versions.*,
        coalesce(
            statuses.meaning, case when versions.is_converted then 'converted' end
        ) as status_meaning,
        {{ resolved_key(
            'versions', 'owner_id', 'owner_name',
            'rep_by_id', 'rep_by_name', 'rep_key'
        ) }} as rep_key,
        coalesce(rep_by_id.rep_key, rep_by_name.rep_key) as person_rep_key
    from versions
    left join value_map as statuses
        on
            statuses.column_name = 'status'
            and versions._source = statuses.source
            and versions.status = statuses.found_value
    left join rep_keys as rep_by_id
        on
            versions._source = rep_by_id._source
            and rep_by_id.reference_kind = 'id'
            and versions.owner_id = rep_by_id.reference
    left join rep_keys as rep_by_name
        on
            versions._source = rep_by_name._source
            and rep_by_name.reference_kind = 'name'
            and versions.owner_name = rep_by_name.reference

),

-- the first owner who is a person, and the first export that showed the lead qualified, where an
-- earlier one did not
seen as (

    select
        lead_key,
        coalesce(
            min_by(person_rep_key, version_number) filter (where person_rep_key is not null),
            min_by(rep_key, version_number) filter (where rep_key is not null)
        ) as first_rep_key,
        min(version_number) as first_version,
        min(version_number) filter (
            where status_meaning in ('qualified', 'converted')
        ) as qualified_version,
        min(_as_of) filter (where status_meaning in ('qualified', 'converted')) as qualified_as_of
    from described
    group by lead_key

),

dated as (

    select
        described.lead_key,
        described._source,
        described.lead_id,
        described.owner_id,
        described.owner_name,
        person_keys.person_key,
        lead_accounts.account_key,
        people_excluded.exclusion,
        described.status,
        described.status_meaning,
        described.lead_source,
        sources.meaning as lead_source_meaning,
        described.created_by_id,
        described.industry,
        described.country,
        seen.first_rep_key as rep_key,
        described.created_at,
        coalesce(
            {{ local_date('described.created_at', 'context.timezone') }},
            described.created_on
        ) as created_on,
        coalesce(
            {{ local_date('described.qualified_at', 'context.timezone') }},
            described.converted_on,
            case
                when seen.qualified_version > seen.first_version
                    then {{ covered_date('seen.qualified_as_of', 'context.timezone') }}
            end
        ) as qualified_on,
        described.converted_on,
        described.converted_opportunity_id,
        described.merged_into_id is not null as is_merged,
        context.re_inquiry_days
    from described
    inner join seen
        on described.lead_key = seen.lead_key
    cross join context
    left join person_keys
        on
            described._source = person_keys._source
            and described.lead_id = person_keys.record_id
    left join people_excluded
        on person_keys.person_key = people_excluded.person_key
    left join lead_accounts
        on described.lead_key = lead_accounts.lead_key
    left join value_map as sources
        on
            sources.column_name = 'lead_source'
            and described._source = sources.source
            and described.lead_source = sources.found_value
    where
        described.is_current
        and (not described.is_removed or described.merged_into_id is not null)

),

persons as (

    select
        person_key,
        is_merged
    from dated
    group by person_key, is_merged
    having count(*) > 1

),

-- a lead that was merged into another is a duplicate of it, and no other follows it
followed as (

    select
        dated.lead_key,
        lag(dated.created_on) over (
            partition by dated.person_key, dated.is_merged
            order by dated.created_on, dated.created_at, dated.lead_key
        ) as previous_created_on
    from dated
    inner join persons
        on
            dated.person_key = persons.person_key
            and dated.is_merged = persons.is_merged

)

select
    dated.*,
    followed.previous_created_on,
    case
        when dated.is_merged then 'duplicate'
        when followed.previous_created_on is null then 'new'
        when
            {{ dbt.datediff('followed.previous_created_on', 'dated.created_on', 'day') }}
            > dated.re_inquiry_days
            then 're_inquiry'
        else 'duplicate'
    end as lead_kind,
    imported.lead_key is not null as is_bulk_import
from dated
left join followed
    on dated.lead_key = followed.lead_key
left join imported
    on dated.lead_key = imported.lead_key
