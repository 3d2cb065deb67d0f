with leads as (

    select
        lead_key,
        _source,
        created_by_id,
        created_at,
        {{ time_bucket('created_at', '60') }} as minute
    from {{ ref('int_leads_versions') }}
    where
        is_current
        and _op = 'upsert'
        and (not is_removed or merged_into_id is not null)
        and created_by_id is not null
        and created_at is not null

),

context as (

    select * from {{ source('run', 'context') }}

),

-- of what is made within a minute, half is made in one minute of the clock
busy_minutes as (

    select
        leads._source,
        leads.created_by_id,
        leads.minute
    from leads
    group by leads._source, leads.created_by_id, leads.minute
    having 2 * count(*) >= (select context.bulk_import_leads from context)

),

near_minutes as (

    {% for shift in [-1, 0, 1] %}
    select
        _source,
        created_by_id,
        minute + {{ shift }} as minute
    from busy_minutes
    {% if not loop.last %}
    union
    {% endif %}
    {% endfor %}

),

-- how many leads one user made within a minute up to this one, by which imports are known
crowded as (

    select
        leads.*,
        count(*) over (
            partition by leads._source, leads.created_by_id order by leads.created_at
            range between interval 1 minute preceding and current row
        ) as leads_of_the_minute
    from leads
    inner join near_minutes
        on
            leads._source = near_minutes._source
            and leads.created_by_id = near_minutes.created_by_id
            and leads.minute = near_minutes.minute

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

select imported.lead_key
from imported
cross join context
where imported.largest_crowd >= context.bulk_import_leads
