with enrolments as (

    select * from {{ ref('int_sequence_enrolments_current') }}

),

mails as (

    select
        enrolment_key,
        min(occurred_at) as first_mail_at,
        max(occurred_at) as last_mail_at,
        min_by(rep_key, occurred_at) as rep_key,
        count(*) as mail_count
    from {{ ref('fct_activities') }}
    where is_mail_sent and enrolment_key is not null
    group by enrolment_key

),

person_keys as (

    select * from {{ ref('int_person_keys') }} where reference_kind = 'id'

),

reps as (

    select * from {{ ref('int_reps_referenced') }}

),

rep_versions as (

    select * from {{ ref('int_users_versions') }} where not is_removed

),

context as (

    select * from {{ source('run', 'context') }}

),

begun as (

    select
        enrolments.*,
        mails.first_mail_at,
        mails.last_mail_at,
        mails.mail_count,
        mails.rep_key,
        person_keys.person_key,
        context.reply_window_days,
        {{ local_date('mails.first_mail_at', 'context.timezone') }} as first_mail_on,
        {{ seconds_between('mails.last_mail_at', 'enrolments.replied_at') }} as reply_seconds
    from enrolments
    cross join context
    left join mails
        on enrolments.enrolment_key = mails.enrolment_key
    left join person_keys
        on
            enrolments._source = person_keys._source
            and enrolments.person_id = person_keys.reference

)

select
    begun.enrolment_key,
    begun._source as source,
    begun.person_key,
    begun.rep_key,
    coalesce(begun.sequence_name, '(none)') as sequence_name,
    {{ rep_scopes('reps', 'rep_versions') }},
    coalesce(begun.mail_count, 0) as mail_count,
    begun.first_mail_at is not null as is_mailed,
    coalesce(begun.reply_seconds <= begun.reply_window_days * 86400, false) as is_replied,
    begun.first_mail_on,
    begun.started_at,
    begun.first_mail_at,
    begun.last_mail_at,
    begun.replied_at
from begun
left join reps
    on begun.rep_key = reps.rep_key
left join rep_versions
    on
        begun.rep_key = rep_versions.rep_key
        and rep_versions.valid_from_on <= begun.first_mail_on
        and begun.first_mail_on < rep_versions.valid_to_on
