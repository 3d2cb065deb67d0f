with versions as (

    select * from {{ ref('int_leads_versions') }}

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

context as (

    select * from {{ source('run', 'context') }}

),

described as (

    select
        versions.*,
        statuses.meaning as status_meaning,
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
    where versions._op = 'upsert'

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

-- a lead that was merged into another is a duplicate of it, and no other follows it
followed as (

    select
        *,
        lag(created_on) over (
            partition by person_key, is_merged order by created_on, created_at, lead_key
        ) as previous_created_on
    from dated

),

-- how many leads one user made within a minute up to this one, by which imports are known
crowded as (

    select
        lead_key,
        count(*) over (
            partition by _source, created_by_id order by created_at
            range between interval 1 minute preceding and current row
        ) as leads_of_the_minute,
        _source,
        created_by_id,
        created_at
    from followed
    where created_by_id is not null and created_at is not null

),

imported as (

    select
        lead_key,
        max(leads_of_the_minute) over (
            partition by _source, created_by_id order by created_at
            range between current row and interval 1 minute following
        ) as largest_crowd
    from crowded

)

select
    followed.*,
    case
        when followed.is_merged then 'duplicate'
        when followed.previous_created_on is null then 'new'
        when
            {{ dbt.datediff('followed.previous_created_on', 'followed.created_on', 'day') }}
            > followed.re_inquiry_days
            then 're_inquiry'
        else 'duplicate'
    end as lead_kind,
    coalesce(imported.largest_crowd >= context.bulk_import_leads, false) as is_bulk_import
from followed
cross join context
left join imported
    on followed.lead_key = imported.lead_key
