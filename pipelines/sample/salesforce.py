"""What the CRM exports: Salesforce's objects, API names, all values quoted as Data Loader does."""

from pipelines.sample.exports import Export
from pipelines.sample.fields import SALESFORCE
from pipelines.sample.ids import record_ids
from pipelines.sample.opportunities import WON

COMPANY_CURRENCY = "'USD'"
QUEUE_ID = str(record_ids("queue", 1)[0])


def _stamps(created: str, changed: str, creator: str, *, deleted: str = "false") -> dict[str, str]:
    return {
        "CreatedDate": f"moment({created})",
        "CreatedById": creator,
        "LastModifiedDate": f"moment({changed})",
        "LastModifiedById": creator,
        "SystemModstamp": f"moment({changed})",
        "IsDeleted": deleted,
    }


def _export(name: str, rows: str, filled: dict[str, str]) -> Export:
    return Export(fields=tuple(SALESFORCE[name].split()), filled=filled, rows=rows, is_quoted=True)


_IS_MERGED = "has_come(accounts.merged)"
_ACCOUNT_CHANGED = "greatest(accounts.created, past(accounts.noted), past(accounts.merged))"
_IS_CUSTOMER = "(accounts.customer_since < 0 or has_come(accounts.noted))"
ACCOUNT = _export(
    "Account",
    """
    from accounts
    inner join companies on accounts.id = companies.id
    inner join companies as namesakes on accounts.root = namesakes.id
    inner join accounts as winners on accounts.into = winners.id
    inner join staff on accounts.owner = staff.id
    inner join countries on accounts.country = countries.id
    inner join industries on accounts.industry = industries.id
    inner join segments on accounts.segment = segments.id
    left join accounts as parents on accounts.parent = parents.id
    where has_come(accounts.created)
    order by accounts.id
    """,
    {
        "Id": "accounts.sfid",
        "Name": "if(accounts.root = accounts.id, namesakes.name, upper(namesakes.name))",
        "Type": f"if({_IS_CUSTOMER}, 'Customer', 'Prospect')",
        "Industry": "industries.name",
        "NumberOfEmployees": "accounts.employees",
        "Website": "'https://www.' || companies.domain",
        "ParentId": "parents.sfid",
        "MasterRecordId": f"if({_IS_MERGED}, winners.sfid, '')",
        "OwnerId": "staff.sfid",
        "BillingStreet": "(accounts.id % 890 + 1) || ' Main Street'",
        "BillingCity": "companies.name[1:1] || 'ville'",
        "BillingCountry": "countries.name",
        "BillingCountryCode": "countries.code",
        "CurrencyIsoCode": COMPANY_CURRENCY,
        "Segment__c": "segments.name",
        "Customer_Since__c": f"if({_IS_CUSTOMER}, day_text(accounts.customer_since), '')",
        **_stamps("accounts.created", _ACCOUNT_CHANGED, "staff.sfid", deleted=_IS_MERGED),
    },
)

CONTACT = _export(
    "Contact",
    """
    from contacts
    inner join people on contacts.person = people.id
    inner join accounts on contacts.account = accounts.id
    inner join staff on accounts.owner = staff.id
    left join contacts as survivors on contacts.master = survivors.id
    where has_come(contacts.created)
    order by contacts.id
    """,
    {
        "Id": "contacts.sfid",
        "AccountId": "accounts.sfid",
        "FirstName": "people.first",
        "LastName": "people.last",
        "Name": "people.first || ' ' || people.last",
        "Title": "people.title",
        "Email": "coalesce(nullif(contacts.alias, ''), people.email)",
        "Phone": "'+1 312 ' || people.phone",
        "OwnerId": "staff.sfid",
        "MasterRecordId": "if(has_come(contacts.merged), survivors.sfid, null)",
        "HasOptedOutOfEmail": "false",
        "DoNotCall": "false",
        "IsEmailBounced": "false",
        **_stamps(
            "contacts.created",
            "greatest(contacts.created, past(contacts.merged))",
            "staff.sfid",
            deleted="has_come(contacts.merged)",
        ),
    },
)

_LEAD_CHANGED = (
    "greatest(leads.created, past(leads.answered), past(leads.qualified), past(leads.closed), "
    "past(leads.spam), past(leads.converted), past(leads.merged))"
)
LEAD = _export(
    "Lead",
    """
    from leads
    inner join people on leads.person = people.id
    inner join companies on people.company = companies.id
    inner join staff as creators on leads.creator = creators.id
    inner join sources on leads.source = sources.id
    left join staff as owners on leads.owner = owners.id
    left join leads as survivors on leads.master = survivors.id
    left join contacts
        on leads.person = contacts.person and contacts.master < 0 and has_come(leads.converted)
    left join accounts on contacts.account = accounts.id
    left join deals on leads.deal = deals.id and has_come(leads.converted)
    where has_come(leads.created)
    order by leads.id
    """,
    {
        "Id": "leads.sfid",
        "FirstName": "people.first",
        "LastName": "people.last",
        "Name": "people.first || ' ' || people.last",
        "Title": "people.title",
        "Company": "companies.name",
        "Email": "coalesce(nullif(leads.alias, ''), people.email)",
        "Phone": "'+1 312 ' || people.phone",
        "Website": "'https://www.' || companies.domain",
        "LeadSource": "sources.name",
        "Status": """
            case
                when has_come(leads.converted) then 'Closed - Converted'
                when has_come(leads.spam) then 'Spam'
                when has_come(leads.closed) then 'Closed - Not Converted'
                when has_come(leads.qualified) then 'Qualified'
                when has_come(leads.answered) then 'Working - Contacted'
                else 'Open - Not Contacted'
            end
        """,
        "OwnerId": f"coalesce(owners.sfid, '{QUEUE_ID}')",
        "IsUnreadByOwner": "not has_come(leads.answered)",
        "IsConverted": "has_come(leads.converted)",
        "ConvertedDate": "if(has_come(leads.converted), day_text(leads.converted_day), '')",
        "ConvertedAccountId": "accounts.sfid",
        "ConvertedContactId": "contacts.sfid",
        "ConvertedOpportunityId": "deals.sfid",
        "HasOptedOutOfEmail": "false",
        "DoNotCall": "false",
        "Qualified_At__c": "moment(leads.qualified)",
        "MasterRecordId": "if(has_come(leads.merged), survivors.sfid, null)",
        **_stamps(
            "leads.created", _LEAD_CHANGED, "creators.sfid", deleted="has_come(leads.merged)"
        ),
    },
)

OPPORTUNITY = _export(
    "Opportunity",
    """
    from deal_states
    inner join stages on deal_states.stage = stages.id
    inner join sources on deal_states.source = sources.id
    inner join staff as owners on deal_states.owner = owners.id
    inner join staff as reps on deal_states.rep = reps.id
    inner join currencies on deal_states.currency = currencies.id
    left join accounts on deal_states.account = accounts.id
    left join companies on accounts.root = companies.id
    left join contacts on deal_states.contact = contacts.id
    order by deal_states.id
    """,
    {
        "Id": "deal_states.sfid",
        "Name": """
            if(deal_states.is_test, 'TEST - ', '')
            || coalesce(companies.name, 'Walk-in') || ' - ' || deal_states.kind
        """,
        "AccountId": "accounts.sfid",
        "Amount": "money(deal_states.amount)",
        "CurrencyIsoCode": "currencies.code",
        "CloseDate": "day_text(deal_states.close_day)",
        "StageName": "stages.name",
        "Probability": "stages.probability",
        "ExpectedRevenue": "money(share_of(deal_states.amount, stages.probability))",
        "ForecastCategory": "stages.forecast",
        "ForecastCategoryName": "stages.forecast_name",
        "IsClosed": f"deal_states.stage >= {WON}",
        "IsWon": f"deal_states.stage = {WON}",
        "Type": "deal_states.kind",
        "LeadSource": "sources.name",
        "ContactId": "contacts.sfid",
        "OwnerId": "owners.sfid",
        "HasOpportunityLineItem": "deal_states.shows_lines",
        "HasOpenActivity": "false",
        "HasOverdueTask": "false",
        "Fiscal": "strftime(as_date(deal_states.close_day), '%Y ') || quarter(as_date(close_day))",
        "FiscalQuarter": "quarter(as_date(deal_states.close_day))",
        "FiscalYear": "year(as_date(deal_states.close_day))",
        "LastStageChangeDate": "moment(deal_states.stage_changed_at)",
        "PushCount": "deal_states.push_count",
        "IsPrivate": "false",
        "IsExcludedFromTerritory2Filter": "false",
        **_stamps("deal_states.created", "deal_states.changed_at", "reps.sfid"),
    },
)

HISTORY = _export(
    "OpportunityHistory",
    """
    from steps
    inner join deals on steps.deal = deals.id
    inner join stages on steps.stage = stages.id
    inner join currencies on deals.currency = currencies.id
    inner join staff on staff.id = if(steps.happened >= deals.handed, deals.heir, deals.rep)
    where has_come(steps.happened) and not has_come(deals.deleted)
    order by steps.id
    """,
    {
        "Id": "steps.sfid",
        "OpportunityId": "deals.sfid",
        "StageName": "stages.name",
        "Amount": "money(steps.amount)",
        "ExpectedRevenue": "money(share_of(steps.amount, stages.probability))",
        "CloseDate": "day_text(steps.close_day)",
        "Probability": "stages.probability",
        "ForecastCategory": "stages.forecast",
        "PrevAmount": "money(steps.previous_amount)",
        "PrevCloseDate": "if(steps.previous_close_day >= 0, day_text(previous_close_day), '')",
        "CreatedDate": "moment(steps.happened)",
        "CreatedById": "staff.sfid",
        "SystemModstamp": "moment(steps.happened)",
        "CurrencyIsoCode": "currencies.code",
        "IsDeleted": "false",
    },
)

_LINE_CHANGED = "greatest(lines.created, past(lines.revised))"
_REVISED = "has_come(lines.revised)"
LINE_ITEM = _export(
    "OpportunityLineItem",
    """
    from lines
    inner join deals on lines.deal = deals.id
    inner join products on lines.product = products.id
    inner join product_entries on lines.product = product_entries.id
    inner join currencies on deals.currency = currencies.id
    where
        has_come(lines.created) and not has_come(lines.removed) and not has_come(deals.deleted)
    order by lines.id
    """,
    {
        "Id": "lines.sfid",
        "OpportunityId": "deals.sfid",
        "PricebookEntryId": "product_entries.sfid",
        "Product2Id": "products.sfid",
        "ProductCode": "products.code",
        "Name": "products.name",
        "Quantity": f"if({_REVISED}, lines.revised_quantity, lines.quantity) || '.00'",
        "UnitPrice": "money(lines.price)",
        "ListPrice": "money(lines.list_price)",
        "TotalPrice": f"money(if({_REVISED}, lines.revised_cents, lines.cents))",
        "Discount": "if(lines.discount > 0, lines.discount || '.00', '')",
        "HasSchedule": "false",
        "HasRevenueSchedule": "false",
        "HasQuantitySchedule": "false",
        "CurrencyIsoCode": "currencies.code",
        "CreatedDate": "moment(lines.created)",
        "LastModifiedDate": f"moment({_LINE_CHANGED})",
        "SystemModstamp": f"moment({_LINE_CHANGED})",
        "IsDeleted": "false",
    },
)

FIELD_HISTORY = _export(
    "OpportunityFieldHistory",
    """
    from field_changes
    inner join deals on field_changes.deal = deals.id
    inner join staff as authors on field_changes.by = authors.id
    left join staff as old on field_changes.old = old.id
    left join staff as new on field_changes.new = new.id
    where has_come(field_changes.happened) and not has_come(deals.deleted)
    order by field_changes.id
    """,
    {
        "Id": "field_changes.sfid",
        "IsDeleted": "false",
        "OpportunityId": "deals.sfid",
        "CreatedById": "authors.sfid",
        "CreatedDate": "moment(field_changes.happened)",
        "Field": "if(field_changes.says = 'created', 'created', 'Owner')",
        "DataType": "if(field_changes.says = 'id', 'EntityId', 'Text')",
        "OldValue": "if(field_changes.says = 'id', old.sfid, old.name)",
        "NewValue": "if(field_changes.says = 'id', new.sfid, new.name)",
    },
)

_HAS_NEXT = "rates.until <= getvariable('today')"
_RATE_CHANGED = f"any_moment(afternoon(if({_HAS_NEXT}, rates.until, rates.since)))"
RATE = _export(
    "DatedConversionRate",
    """
    from rates
    inner join currencies on rates.currency = currencies.id
    where rates.since <= getvariable('today')
    order by rates.id
    """,
    {
        "Id": "rates.sfid",
        "IsoCode": "currencies.code",
        "StartDate": "day_text(rates.since)",
        "NextStartDate": f"if({_HAS_NEXT}, day_text(rates.until), '9999-12-31')",
        "ConversionRate": "rtrim(cast(cast(rates.rate / 1e6 as decimal(18, 6)) as text), '0')",
        "CreatedDate": "any_moment(afternoon(rates.since))",
        "LastModifiedDate": _RATE_CHANGED,
        "SystemModstamp": _RATE_CHANGED,
    },
)

PRODUCT = _export(
    "Product2",
    "from products order by id",
    {
        "Id": "sfid",
        "Name": "name",
        "ProductCode": "code",
        "Family": "family",
        "IsActive": "true",
    },
)

TASK = _export(
    "Task",
    """
    from tasks
    inner join staff on tasks.user = staff.id
    left join leads on tasks.lead = leads.id
    left join contacts on tasks.contact = contacts.id
    left join deals on tasks.deal = deals.id
    left join accounts on coalesce(contacts.account, deals.account) = accounts.id
    left join dispositions on tasks.disposition = dispositions.id
    where has_come(tasks.created)
    order by tasks.id
    """,
    {
        "Id": "tasks.sfid",
        "WhoId": "coalesce(contacts.sfid, leads.sfid)",
        "WhatId": "deals.sfid",
        "AccountId": "accounts.sfid",
        "Subject": """
            case
                when tasks.kind = 'Task' then [
                    'Send revised offer', 'Check legal terms', 'Prepare demo', 'Ask for references'
                ][tasks.subject + 1]
                when tasks.copy_of < 0 then if(tasks.kind = 'Call', 'Call', 'Email: Our call')
                when tasks.kind = 'Email' then '[Outreach] [Email] [Out] Our call'
                when tasks.is_inbound then '[Outreach] [Call] [In]'
                else '[Outreach] [Call] [Out]'
            end
        """,
        "ActivityDate": "day_text(tasks.due_day)",
        "Status": "if(has_come(tasks.completed), 'Completed', 'Not Started')",
        "Priority": "'Normal'",
        "IsClosed": "has_come(tasks.completed)",
        "IsHighPriority": "false",
        "TaskSubtype": "tasks.kind",
        "CallType": """
            case
                when tasks.kind <> 'Call' then ''
                when tasks.is_inbound then 'Inbound'
                else 'Outbound'
            end
        """,
        "CallDisposition": "if(has_come(tasks.completed), dispositions.name, '')",
        "CallDurationInSeconds": "if(talked >= 0 and has_come(tasks.completed), talked, null)",
        "OwnerId": "staff.sfid",
        "CompletedDateTime": "moment(tasks.completed)",
        "WhoCount": "if(contacts.id is null and leads.id is null, 0, 1)",
        "WhatCount": "if(deals.id is null, 0, 1)",
        "IsArchived": "false",
        "IsRecurrence": "false",
        **_stamps("tasks.created", "greatest(tasks.created, past(tasks.completed))", "staff.sfid"),
    },
)

_MEETING_CHANGED = "greatest(meetings.created, past(meetings.deleted))"
EVENT = _export(
    "Event",
    """
    from meetings
    inner join staff as bookers on meetings.user = bookers.id
    inner join staff as holders on meetings.owner = holders.id
    left join leads on meetings.lead = leads.id
    left join contacts on meetings.contact = contacts.id
    left join deals on meetings.deal = deals.id
    left join accounts on contacts.account = accounts.id
    where has_come(meetings.created)
    order by meetings.id
    """,
    {
        "Id": "meetings.sfid",
        "WhoId": "coalesce(contacts.sfid, leads.sfid)",
        "WhatId": "deals.sfid",
        "AccountId": "accounts.sfid",
        "Subject": "if(meetings.person < 0, 'Team meeting', 'Call with customer')",
        "EventSubtype": "'Event'",
        "StartDateTime": "any_moment(meetings.starts)",
        "EndDateTime": "any_moment(meetings.ends)",
        "ActivityDateTime": "any_moment(meetings.starts)",
        "DurationInMinutes": "(meetings.ends - meetings.starts) // 60",
        "IsAllDayEvent": "false",
        "ShowAs": "'Busy'",
        "IsChild": "meetings.is_child",
        "IsGroupEvent": "false",
        "IsPrivate": "false",
        "IsRecurrence": "false",
        "IsRecurrence2": "false",
        "IsArchived": "false",
        "OwnerId": "holders.sfid",
        **_stamps(
            "meetings.created",
            _MEETING_CHANGED,
            "bookers.sfid",
            deleted="has_come(meetings.deleted)",
        ),
    },
)

_IS_GONE = "staff.left <= getvariable('today')"
_USER_CHANGED = f"any_moment(afternoon(if({_IS_GONE}, staff.left, user_places.since)))"
USER = _export(
    "User",
    """
    from staff
    inner join user_places on staff.id = user_places.person
    left join roles on user_places.role = roles.id
    left join staff as managers on user_places.manager = managers.id
    where staff.hired <= getvariable('today')
    order by staff.id
    """,
    {
        "Id": "staff.sfid",
        "Username": "staff.email",
        "Email": "staff.email",
        "FirstName": "staff.first",
        "LastName": "staff.last",
        "Name": "staff.name",
        "Title": "staff.title",
        "Department": "'Sales'",
        "IsActive": f"not {_IS_GONE}",
        "UserType": "'Standard'",
        "UserRoleId": "roles.sfid",
        "ManagerId": "managers.sfid",
        "ForecastEnabled": "false",
        "TimeZoneSidKey": "staff.zone",
        "LocaleSidKey": "'en_US'",
        "LanguageLocaleKey": "'en_US'",
        "CreatedDate": "any_moment(afternoon(staff.hired))",
        "LastModifiedDate": _USER_CHANGED,
        "SystemModstamp": _USER_CHANGED,
    },
)

ROLE = _export(
    "UserRole",
    "from roles left join roles as parents on roles.parent = parents.id order by roles.id",
    {
        "Id": "roles.sfid",
        "Name": "roles.name",
        "DeveloperName": "replace(roles.name, ' ', '_')",
        "ParentRoleId": "parents.sfid",
        "RollupDescription": "roles.name",
    },
)

EXPORTS = {
    "Account": ACCOUNT,
    "Contact": CONTACT,
    "Lead": LEAD,
    "Opportunity": OPPORTUNITY,
    "OpportunityHistory": HISTORY,
    "OpportunityFieldHistory": FIELD_HISTORY,
    "OpportunityLineItem": LINE_ITEM,
    "Product2": PRODUCT,
    "Task": TASK,
    "Event": EVENT,
    "User": USER,
    "UserRole": ROLE,
    "DatedConversionRate": RATE,
}
