"""The columns of each export, in the order of the file, as Data Loader and the API name them.

Which of them the sample fills, and with what, is in salesforce.py and outreach.py.
"""


def _address(prefix: str) -> str:
    parts = (
        "Street City State PostalCode Country StateCode CountryCode Latitude Longitude "
        "GeocodeAccuracy"
    )
    return " ".join(prefix + part for part in parts.split())


_STAMPS = "CreatedDate CreatedById LastModifiedDate LastModifiedById SystemModstamp IsDeleted"
_RECURRENCE = (
    "RecurrenceActivityId RecurrenceStartDateOnly RecurrenceEndDateOnly RecurrenceTimeZoneSidKey "
    "RecurrenceType RecurrenceInterval RecurrenceDayOfWeekMask RecurrenceDayOfMonth "
    "RecurrenceInstance RecurrenceMonthOfYear"
)

SALESFORCE = {
    "Account": f"Id Name Type Industry AnnualRevenue NumberOfEmployees Website Phone Fax "
    f"AccountNumber AccountSource Site Rating Ownership Sic SicDesc TickerSymbol ParentId "
    f"MasterRecordId OwnerId RecordTypeId {_address('Billing')} {_address('Shipping')} "
    f"LastActivityDate LastViewedDate LastReferencedDate CurrencyIsoCode {_STAMPS} Segment__c "
    f"Customer_Since__c",
    "Contact": f"Id AccountId FirstName LastName Name Salutation Title Department Email Phone "
    f"MobilePhone Fax {_address('Mailing')} ReportsToId OwnerId LeadSource HasOptedOutOfEmail "
    f"DoNotCall IsEmailBounced EmailBouncedDate EmailBouncedReason MasterRecordId IndividualId "
    f"LastActivityDate {_STAMPS}",
    "Lead": f"Id FirstName LastName Name Title Company Email Phone MobilePhone Website Street City "
    f"State PostalCode Country Industry AnnualRevenue NumberOfEmployees LeadSource Status Rating "
    f"OwnerId IsUnreadByOwner IsConverted ConvertedDate ConvertedAccountId ConvertedContactId "
    f"ConvertedOpportunityId HasOptedOutOfEmail DoNotCall EmailBouncedDate EmailBouncedReason "
    f"MasterRecordId LastActivityDate {_STAMPS} Qualified_At__c",
    "Opportunity": f"Id Name AccountId Amount CurrencyIsoCode CloseDate StageName Probability "
    f"ExpectedRevenue ForecastCategory ForecastCategoryName IsClosed IsWon Type LeadSource "
    f"CampaignId ContactId OwnerId NextStep Description RecordTypeId Pricebook2Id SyncedQuoteId "
    f"Territory2Id HasOpportunityLineItem HasOpenActivity HasOverdueTask Fiscal FiscalQuarter "
    f"FiscalYear LastActivityDate LastStageChangeDate PushCount {_STAMPS} IsPrivate "
    f"IsExcludedFromTerritory2Filter",
    "OpportunityHistory": "Id OpportunityId StageName Amount ExpectedRevenue CloseDate Probability "
    "ForecastCategory PrevAmount PrevCloseDate CreatedDate CreatedById SystemModstamp "
    "CurrencyIsoCode IsDeleted",
    "OpportunityLineItem": "Id OpportunityId PricebookEntryId Product2Id ProductCode Name Quantity "
    "UnitPrice ListPrice TotalPrice Discount Description ServiceDate SortOrder HasSchedule "
    "HasRevenueSchedule HasQuantitySchedule CurrencyIsoCode CreatedDate LastModifiedDate "
    "SystemModstamp IsDeleted",
    "OpportunityFieldHistory": "Id IsDeleted OpportunityId CreatedById CreatedDate Field DataType "
    "OldValue NewValue",
    "DatedConversionRate": "Id IsoCode StartDate NextStartDate ConversionRate CreatedDate "
    "LastModifiedDate SystemModstamp",
    "Product2": "Id Name ProductCode Family IsActive",
    "Task": f"Id WhoId WhatId AccountId Subject ActivityDate Status Priority IsClosed "
    f"IsHighPriority Type TaskSubtype CallType CallDisposition CallDurationInSeconds CallObject "
    f"Description OwnerId CompletedDateTime WhoCount WhatCount IsArchived IsRecurrence "
    f"{_RECURRENCE} ReminderDateTime {_STAMPS}",
    "Event": f"Id WhoId WhatId AccountId Subject Type EventSubtype Location StartDateTime "
    f"EndDateTime ActivityDate ActivityDateTime DurationInMinutes EndDate IsAllDayEvent ShowAs "
    f"IsChild IsGroupEvent GroupEventType IsPrivate IsRecurrence IsRecurrence2 IsArchived OwnerId "
    f"{_STAMPS}",
    "User": "Id Username Email FirstName LastName Name Title Department Division IsActive UserType "
    "UserRoleId ProfileId ManagerId ForecastEnabled TimeZoneSidKey LocaleSidKey LanguageLocaleKey "
    "EmployeeNumber LastLoginDate CreatedDate LastModifiedDate SystemModstamp",
    "UserRole": "Id Name DeveloperName ParentRoleId RollupDescription ForecastUserId PortalType",
}

_PROSPECT_CUSTOM = " ".join(f"custom{number}" for number in range(1, 151))
OUTREACH = {
    "prospects": f"id firstName lastName name title company emails workPhones mobilePhones "
    f"homePhones otherPhones voipPhones accountId ownerId stageId personaId addedAt createdAt "
    f"updatedAt touchedAt engagedAt engagedScore score openCount clickCount replyCount optedOut "
    f"optedOutAt emailsOptStatus callsOptStatus emailOptedOut callOptedOut externalId "
    f"externalOwner externalSource source tags region timeZone timeZoneIana timeZoneInferred "
    f"addressCity addressState addressCountry linkedInUrl websiteUrl1 websiteUrl2 websiteUrl3 "
    f"trashedAt {_PROSPECT_CUSTOM}",
    "mailings": "id mailingType state stateChangedAt createdAt updatedAt scheduledAt deliveredAt "
    "openedAt clickedAt repliedAt bouncedAt unsubscribedAt markedAsSpamAt openCount clickCount "
    "subject bodyHtml bodyText mailboxAddress messageId errorReason retryCount trackOpens "
    "trackLinks followUpTaskType prospectId userId mailboxId sequenceId sequenceStateId "
    "sequenceStepId templateId taskId opportunityId",
    "calls": "id direction state stateChangedAt outcome dialedAt answeredAt completedAt returnedAt "
    "createdAt updatedAt from to note tags userCallType sequenceAction callDispositionId "
    "callPurposeId prospectId userId opportunityId sequenceId sequenceStateId sequenceStepId "
    "taskId externalVendor vendorCallId",
    "tasks": "id action autoskipAt completed completedAt createdAt dueAt note "
    "opportunityAssociation scheduledAt state stateChangedAt taskType updatedAt accountId callId "
    "completerId creatorId mailingId opportunityId ownerId prospectId sequenceId sequenceStateId "
    "sequenceStepId subjectId taskPriorityId taskThemeId templateId",
    "callDispositions": "id name outcome order createdAt updatedAt",
    "sequences": "id name sequenceType shareType enabled tags sequenceStepCount durationInDays "
    "finishOnReply numContactedProspects numRepliedProspects deliverCount openCount clickCount "
    "replyCount bounceCount optOutCount failureCount automationPercentage ownerId createdAt "
    "updatedAt lastUsedAt",
    "sequenceStates": "id state stateChangedAt createdAt updatedAt activeAt repliedAt "
    "callCompletedAt pauseReason errorReason deliverCount openCount clickCount replyCount "
    "positiveReplyCount neutralReplyCount negativeReplyCount bounceCount optOutCount failureCount "
    "scheduleCount prospectId sequenceId sequenceStepId creatorId mailboxId accountId "
    "opportunityId",
    "users": "id email username name firstName lastName title locked createdAt updatedAt "
    "lastSignInAt primaryTimezone roleId profileId duties custom1 custom2 custom3 custom4 custom5",
}
