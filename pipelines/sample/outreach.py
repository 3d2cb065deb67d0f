"""What the outbound tool exports: Outreach's objects, by the names of its API, as plain CSV."""

from pipelines.sample.exports import Export
from pipelines.sample.fields import OUTREACH

_FOUNDED = "afternoon(-100)"


def _export(name: str, rows: str, filled: dict[str, str]) -> Export:
    return Export(fields=tuple(OUTREACH[name].split()), filled=filled, rows=rows, is_quoted=False)


def _number(table: str, *, first: int) -> str:
    """The tool's own number of a record; NULL for none."""
    return f"if({table}.id >= 0, {table}.id + {first}, null)"


def _reference(column: str, *, first: int) -> str:
    return f"if({column} >= 0, {column} + {first}, null)"


USERS, PROSPECTS, MAILINGS, CALLS, STATES, TASKS = 11, 100_001, 500_001, 300_001, 700_001, 900_001
_ADDRESS = """
    if(prospects.has_own_case, upper(prospects.email[1:1]) || prospects.email[2:], prospects.email)
"""
_OPTED_OUT = "has_come(prospects.opted_out)"
_PROSPECT_CHANGED = "moment(greatest(prospects.created, past(prospects.opted_out)))"
PROSPECT = _export(
    "prospects",
    """
    from prospects
    inner join people on prospects.person = people.id
    inner join companies on people.company = companies.id
    left join leads on prospects.of_lead = leads.id
    left join contacts on prospects.of_contact = contacts.id
    where has_come(prospects.created)
    order by prospects.id
    """,
    {
        "id": _number("prospects", first=PROSPECTS),
        "firstName": "people.first",
        "lastName": "people.last",
        "name": "people.first || ' ' || people.last",
        "title": "people.title",
        "company": "companies.name",
        "emails": f"""'["' || {_ADDRESS} || '"]'""",
        "workPhones": """'["+1 312 ' || people.phone || '"]'""",
        "mobilePhones": "'[]'",
        "homePhones": "'[]'",
        "otherPhones": "'[]'",
        "voipPhones": "'[]'",
        "stageId": "1 + prospects.id % 4",
        "addedAt": "moment(prospects.created)",
        "createdAt": "moment(prospects.created)",
        "updatedAt": _PROSPECT_CHANGED,
        "optedOut": _OPTED_OUT,
        "optedOutAt": "moment(prospects.opted_out)",
        "emailsOptStatus": f"if({_OPTED_OUT}, 'opted_out', '')",
        "emailOptedOut": _OPTED_OUT,
        "callOptedOut": "false",
        "externalId": "coalesce(leads.sfid, contacts.sfid)",
        "externalSource": "if(coalesce(leads.id, contacts.id) is null, null, 'salesforce')",
        "source": "'Salesforce'",
        "tags": "'[]'",
        "timeZone": "'America/Chicago'",
        "timeZoneIana": "'America/Chicago'",
    },
)

_OPENED = (
    "if(mailings.delivered < 1e12 and mailings.id * 7919 % 100 < 35, "
    "mailings.delivered + 60 + mailings.id * 104729 % 86400, 1e12)"
)
_MAIL_CHANGED = (
    "moment(greatest(mailings.created, past(mailings.delivered), past(mailings.bounced), "
    "past(opened), past(mailings.replied)))"
)
_STEP = "mailings.step + 1 + 10 * (enrolments.sequence + 1)"
MAILING = _export(
    "mailings",
    f"""
    from (select *, cast({_OPENED} as bigint) as opened from mailings) as mailings
    inner join people on mailings.person = people.id
    inner join companies on people.company = companies.id
    inner join staff on mailings.user = staff.id
    left join enrolments on mailings.enrolment = enrolments.id
    left join sequences on enrolments.sequence = sequences.id
    where has_come(mailings.created)
    order by mailings.id
    """,
    {
        "id": _number("mailings", first=MAILINGS),
        "mailingType": "mailings.kind",
        "state": """
            case
                when has_come(mailings.bounced) then 'bounced'
                when has_come(mailings.replied) then 'replied'
                when has_come(opened) then 'opened'
                when has_come(mailings.delivered) then 'delivered'
                else 'scheduled'
            end
        """,
        "stateChangedAt": _MAIL_CHANGED,
        "createdAt": "moment(mailings.created)",
        "updatedAt": _MAIL_CHANGED,
        "scheduledAt": "any_moment(mailings.scheduled)",
        "deliveredAt": "moment(mailings.delivered)",
        "openedAt": "moment(opened)",
        "repliedAt": "moment(mailings.replied)",
        "bouncedAt": "moment(mailings.bounced)",
        "openCount": "if(has_come(opened), 1 + mailings.id % 3, 0)",
        "clickCount": "0",
        "subject": "coalesce(sequences.name || ' ' || (mailings.step + 1), 'Our call')",
        "bodyText": "'Hi ' || people.first || ', a few words for ' || companies.name || '.'",
        "mailboxAddress": "staff.email",
        "messageId": "'<' || (mailings.id + 1) || '@' || split_part(staff.email, '@', 2) || '>'",
        "retryCount": "0",
        "trackOpens": "true",
        "trackLinks": "false",
        "prospectId": _reference("mailings.prospect", first=PROSPECTS),
        "userId": _reference("mailings.user", first=USERS),
        "mailboxId": _reference("mailings.user", first=USERS),
        "sequenceId": _reference("enrolments.sequence", first=1),
        "sequenceStateId": _reference("mailings.enrolment", first=STATES),
        "sequenceStepId": _STEP,
        "taskId": _reference("mailings.task", first=TASKS),
    },
)

_CALL_CHANGED = "moment(greatest(calls.created, calls.completed))"
CALL = _export(
    "calls",
    """
    from calls
    inner join people on calls.person = people.id
    where has_come(calls.created)
    order by calls.id
    """,
    {
        "id": _number("calls", first=CALLS),
        "direction": "if(calls.is_inbound, 'inbound', 'outbound')",
        "state": "'completed'",
        "stateChangedAt": "moment(calls.completed)",
        "outcome": "if(calls.talks, 'completed', 'no_answer')",
        "dialedAt": "moment(calls.dialled)",
        "answeredAt": "moment(calls.answered)",
        "completedAt": "moment(calls.completed)",
        "createdAt": "moment(calls.created)",
        "updatedAt": _CALL_CHANGED,
        "from": "if(calls.is_inbound, '+1 312 ' || people.phone, '+1 312 5550100')",
        "to": "if(calls.is_inbound, '+1 312 5550100', '+1 312 ' || people.phone)",
        "tags": "'[]'",
        "userCallType": "'voip'",
        "callDispositionId": _reference("calls.disposition", first=1),
        "prospectId": _reference("calls.prospect", first=PROSPECTS),
        "userId": _reference("calls.user", first=USERS),
        "taskId": _reference("calls.task", first=TASKS),
    },
)

_IS_DONE = "has_come(tool_tasks.done)"
_TASK_CHANGED = "moment(greatest(tool_tasks.created, past(tool_tasks.done)))"
TASK = _export(
    "tasks",
    """
    from tool_tasks
    left join enrolments on tool_tasks.enrolment = enrolments.id
    where has_come(tool_tasks.created)
    order by tool_tasks.id
    """,
    {
        "id": _number("tool_tasks", first=TASKS),
        "action": "tool_tasks.action",
        "completed": _IS_DONE,
        "completedAt": "moment(tool_tasks.done)",
        "createdAt": "moment(tool_tasks.created)",
        "dueAt": "any_moment(tool_tasks.due)",
        "state": f"if({_IS_DONE}, 'complete', 'incomplete')",
        "stateChangedAt": _TASK_CHANGED,
        "taskType": "if(tool_tasks.step >= 0, 'sequence_step', 'manual')",
        "updatedAt": _TASK_CHANGED,
        "callId": f"if({_IS_DONE} and call >= 0, call + {CALLS}, null)",
        "completerId": f"if({_IS_DONE}, tool_tasks.user + {USERS}, null)",
        "creatorId": _reference("tool_tasks.user", first=USERS),
        "mailingId": f"if({_IS_DONE} and mailing >= 0, mailing + {MAILINGS}, null)",
        "ownerId": _reference("tool_tasks.user", first=USERS),
        "prospectId": _reference("tool_tasks.prospect", first=PROSPECTS),
        "sequenceId": _reference("enrolments.sequence", first=1),
        "sequenceStateId": _reference("tool_tasks.enrolment", first=STATES),
        "sequenceStepId": "tool_tasks.step + 1 + 10 * (enrolments.sequence + 1)",
    },
)

DISPOSITION = _export(
    "callDispositions",
    "from dispositions order by id",
    {
        "id": _number("dispositions", first=1),
        "name": "name",
        "outcome": "outcome",
        "order": "id",
        "createdAt": f"any_moment({_FOUNDED})",
        "updatedAt": f"any_moment({_FOUNDED})",
    },
)

SEQUENCE = _export(
    "sequences",
    """
    from sequences
    left join (
        select
            sequence,
            count(*) as people,
            count(*) filter (where has_come(replied)) as replies,
            max(created) as used
        from enrolments
        where has_come(created)
        group by sequence
    ) as uses on sequences.id = uses.sequence
    order by sequences.id
    """,
    {
        "id": _number("sequences", first=1),
        "name": "sequences.name",
        "sequenceType": "'interval'",
        "shareType": "'shared'",
        "enabled": "true",
        "tags": "'[]'",
        "sequenceStepCount": "length(sequences.plan)",
        "durationInDays": "4 * length(sequences.plan)",
        "finishOnReply": "true",
        "numContactedProspects": "coalesce(uses.people, 0)",
        "numRepliedProspects": "coalesce(uses.replies, 0)",
        "automationPercentage": """
            100 * length(replace(sequences.plan, 'M', '')) // length(sequences.plan)
        """,
        "createdAt": f"any_moment({_FOUNDED})",
        "updatedAt": f"any_moment(coalesce(uses.used, {_FOUNDED}))",
        "lastUsedAt": "moment(uses.used)",
    },
)

_STATE_CHANGED = (
    "moment(greatest(enrolments.created, past(enrolments.active), past(enrolments.replied), "
    "past(enrolments.bounced), past(enrolments.finished), coalesce(sent.last_at, 0)))"
)
STATE = _export(
    "sequenceStates",
    """
    from enrolments
    left join (
        select
            enrolment,
            count(*) filter (where has_come(delivered)) as delivered_count,
            count(*) filter (where not has_come(delivered) and not has_come(bounced))
                as waiting_count,
            max(past(delivered)) as last_at,
            max(step) as last_step
        from mailings
        where enrolment >= 0 and has_come(created)
        group by enrolment
    ) as sent on enrolments.id = sent.enrolment
    where has_come(enrolments.created)
    order by enrolments.id
    """,
    {
        "id": _number("enrolments", first=STATES),
        "state": """
            case
                when has_come(enrolments.bounced) then 'bounced'
                when has_come(enrolments.finished) and has_come(enrolments.opted_out)
                    then 'opted_out'
                when has_come(enrolments.finished) then 'finished'
                when has_come(enrolments.active) then 'active'
                else 'pending'
            end
        """,
        "stateChangedAt": _STATE_CHANGED,
        "createdAt": "moment(enrolments.created)",
        "updatedAt": _STATE_CHANGED,
        "activeAt": "moment(enrolments.active)",
        "repliedAt": "moment(enrolments.replied)",
        "deliverCount": "coalesce(sent.delivered_count, 0)",
        "openCount": "0",
        "clickCount": "0",
        "replyCount": "if(has_come(enrolments.replied), 1, 0)",
        "positiveReplyCount": "if(has_come(enrolments.replied) and enrolments.id % 3 = 0, 1, 0)",
        "neutralReplyCount": "if(has_come(enrolments.replied) and enrolments.id % 3 = 1, 1, 0)",
        "negativeReplyCount": "if(has_come(enrolments.replied) and enrolments.id % 3 = 2, 1, 0)",
        "bounceCount": "if(has_come(enrolments.bounced), 1, 0)",
        "optOutCount": "0",
        "failureCount": "0",
        "scheduleCount": "coalesce(sent.waiting_count, 0)",
        "prospectId": _reference("enrolments.prospect", first=PROSPECTS),
        "sequenceId": _reference("enrolments.sequence", first=1),
        "sequenceStepId": "sent.last_step + 1 + 10 * (enrolments.sequence + 1)",
        "creatorId": _reference("enrolments.user", first=USERS),
        "mailboxId": _reference("enrolments.user", first=USERS),
    },
)

_LOCKED = "staff.left <= getvariable('today')"
USER = _export(
    "users",
    """
    from staff
    where staff.title <> 'Integration' and staff.hired <= getvariable('today')
    order by staff.id
    """,
    {
        "id": _number("staff", first=USERS),
        "email": "if(staff.id % 4 = 1, upper(staff.email[1:1]) || staff.email[2:], staff.email)",
        "username": "replace(lower(staff.name), ' ', '_')",
        "name": "staff.name",
        "firstName": "staff.first",
        "lastName": "staff.last",
        "title": "staff.title",
        "locked": _LOCKED,
        "createdAt": "any_moment(afternoon(staff.hired))",
        "updatedAt": f"any_moment(afternoon(if({_LOCKED}, staff.left, staff.hired)))",
        "primaryTimezone": "staff.zone",
        "duties": "'[]'",
    },
)

EXPORTS = {
    "prospects": PROSPECT,
    "mailings": MAILING,
    "calls": CALL,
    "tasks": TASK,
    "callDispositions": DISPOSITION,
    "sequences": SEQUENCE,
    "sequenceStates": STATE,
    "users": USER,
}
