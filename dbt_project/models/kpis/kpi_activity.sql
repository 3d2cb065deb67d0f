select
    grain,
    period_start,
    period_end,
    scope,
    member,
    max(case when kpi = 'calls_made' then value end) as calls_made,
    max(case when kpi = 'connect_rate' then value end) as connect_rate,
    max(case when kpi = 'connect_rate' then numerator end) as connect_count,
    max(case when kpi = 'connect_rate' then denominator end) as dials_with_disposition_count,
    max(case when kpi = 'emails_sent' then value end) as emails_sent,
    max(case when kpi = 'manual_emails_sent' then value end) as manual_emails_sent,
    max(case when kpi = 'automated_emails_sent' then value end) as automated_emails_sent,
    max(case when kpi = 'reply_rate' then value end) as reply_rate,
    max(case when kpi = 'reply_rate' then numerator end) as replied_count,
    max(case when kpi = 'reply_rate' then denominator end) as mailed_count,
    max(case when kpi = 'meetings_booked' then value end) as meetings_booked,
    max(case when kpi = 'meetings_held' then value end) as meetings_held,
    bool_and(is_complete) as is_complete
from {{ ref('kpi_values') }}
where
    kpi in (
        'calls_made', 'connect_rate', 'emails_sent', 'manual_emails_sent',
        'automated_emails_sent', 'reply_rate', 'meetings_booked', 'meetings_held'
    )
group by grain, period_start, period_end, scope, member
