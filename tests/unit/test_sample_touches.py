"""Calls, mails, meetings and leads of the sample: what its files say of them is its truth."""

import itertools
import json
import statistics
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from holidays import country_holidays

from tests.sample_exports import END, LAST, ZONE, Exports, Row, local, moment, quarter

Record = tuple[str, str]
FREE_MAIL = "freemail.example"
OWN, TESTS = "halden.example", "test.example"


# ---------------------------------------------------------------- who is who


class People:
    """Whom the records of both tools are about, by the rules: address, merge, id, domain and name.

    A person is one of the records, `who[record]`, and all records of a person name the same.
    """

    def __init__(self, exports: Exports) -> None:
        crm = {**exports.by_id("Lead"), **exports.by_id("Contact")}
        prospects = exports.by_id("prospects")
        self.address = {("crm", key): row["Email"].lower() for key, row in crm.items()} | {
            ("tool", key): json.loads(row["emails"])[0].lower() for key, row in prospects.items()
        }
        self.name = {("crm", key): row["Name"] for key, row in crm.items()} | {
            ("tool", key): row["name"] for key, row in prospects.items()
        }
        self.who: dict[Record, Record] = {record: record for record in self.address}
        self.records = {record: [record] for record in self.who}
        self.by_rule: Counter[str] = Counter()
        first = dict[str, Record]()
        for record, address in self.address.items():
            self._join(record, first.setdefault(address, record), rule="address")
        for key, row in crm.items():
            if row["MasterRecordId"]:
                self._join(("crm", key), ("crm", row["MasterRecordId"]), rule="merge")
        for key, row in prospects.items():
            if row["externalId"]:
                self._join(("tool", key), ("crm", row["externalId"]), rule="id")
        self._join_namesakes()

    def _join(self, one: Record, other: Record, *, rule: str) -> None:
        one, other = self.who[one], self.who[other]
        if one != other:
            self.by_rule[rule] += 1
            self.records[other] += self.records.pop(one)
            self.who |= dict.fromkeys(self.records[other], other)

    def _join_namesakes(self) -> None:
        """Where one of the tool's and one of the CRM's people have a name at a domain."""
        found: dict[Record, dict[str, set[Record]]] = defaultdict(
            lambda: {"crm": set(), "tool": set()}
        )
        for record, address in self.address.items():
            tools = {tool for tool, _ in self.records[self.who[record]]}
            domain = address.split("@")[1]
            if domain != FREE_MAIL and (record[0] == "crm" or tools == {"tool"}):
                found[domain, self.name[record]][record[0]].add(self.who[record])
        for both in found.values():
            if both["tool"]:
                self.by_rule["ambiguous"] += len(both["crm"]) > 1
                if len(both["tool"]) == len(both["crm"]) == 1:
                    self._join(both["tool"].pop(), both["crm"].pop(), rule="name")

    def is_left_out(self, record: Record) -> bool:
        """True for testers and the company's own people."""
        addresses = (self.address[one] for one in self.records[self.who[record]])
        return any(address.split("@")[1] in (OWN, TESTS) for address in addresses)


@pytest.fixture(scope="module")
def people(three: Exports) -> People:
    return People(three)


def test_each_rule_tells_who_some_people_are(people: People) -> None:
    assert people.by_rule["address"] > 2_000
    assert all(people.by_rule[rule] > 30 for rule in ("merge", "id", "name"))
    assert people.by_rule["ambiguous"] >= 3


def prospects_of(exports: Exports, case: str) -> list[Record]:
    return [("tool", str(key)) for key in exports.truth["cases"][case]["prospect_ids"]]


def test_prospects_are_whom_the_rules_say(three: Exports, people: People) -> None:
    for case in ("prospect_known_by_id", "prospect_known_by_domain_and_name"):
        for prospect in prospects_of(three, case):
            records = people.records[people.who[prospect]]
            crm = [record for record in records if record[0] == "crm"]
            assert crm
            assert people.address[prospect] not in [people.address[record] for record in crm]
            assert {people.name[record] for record in crm} == {people.name[prospect]}
    for case in ("two_of_one_name_at_one_domain", "two_free_mail_addresses"):
        for prospect in prospects_of(three, case):
            assert people.records[people.who[prospect]] == [prospect]
            domain = people.address[prospect].split("@")[1]
            assert (domain == FREE_MAIL) == (case == "two_free_mail_addresses")
            namesakes = [
                record
                for record, name in people.name.items()
                if record[0] == "crm"
                and (people.address[record].split("@")[1], name) == (domain, people.name[prospect])
            ]
            assert len({people.who[record] for record in namesakes}) == (
                1 if domain == FREE_MAIL else 2
            )


def test_ids_name_records_that_were_there(three: Exports) -> None:
    crm = {**three.by_id("Lead"), **three.by_id("Contact")}
    named = [row for row in three.rows("prospects") if row["externalId"]]
    assert 0.6 < len(named) / len(three.rows("prospects")) < 0.75
    for row in named:
        assert crm[row["externalId"]]["CreatedDate"] <= row["createdAt"]


@pytest.mark.parametrize("name", ["Lead", "Contact"])
def test_what_was_merged_names_its_survivor(three: Exports, name: str) -> None:
    records = three.by_id(name)
    losers = [row for row in records.values() if row["IsDeleted"] == "true"]
    assert len(losers) > 10
    assert losers == [row for row in records.values() if row["MasterRecordId"]]
    aliases = 0
    for row in losers:
        survivor = records[row["MasterRecordId"]]
        aliases += survivor["Email"] != row["Email"]
        assert survivor["Name"] == row["Name"]
        assert row["LastModifiedDate"] > max(row["CreatedDate"], survivor["CreatedDate"])
    assert 0.25 < aliases / len(losers) < 0.75


def test_a_chain_of_merges_is_told_night_by_night(three: Exports) -> None:
    chain = three.truth["cases"]["merged_leads"]["lead_ids"]
    masters = [
        [three.by_id("Lead", LAST - timedelta(days=back))[key]["MasterRecordId"] for key in chain]
        for back in (2, 1, 0)
    ]
    assert masters == [["", "", ""], [chain[1], "", ""], [chain[1], chain[2], ""]]


def test_testers_and_own_people_are_a_few(three: Exports, people: People) -> None:
    left_out = leads_of(three, "testers_and_own_people")
    domains = Counter(row["Email"].split("@")[1] for row in left_out)
    assert set(domains) == {OWN, TESTS}
    assert min(domains.values()) >= 3
    assert all((row["FirstName"] == "Test") == row["Email"].endswith(TESTS) for row in left_out)
    assert [row["Id"] for row in three.rows("Lead") if people.is_left_out(("crm", row["Id"]))] == [
        row["Id"] for row in left_out
    ]


# ---------------------------------------------------------------- touches


def test_to_dos_are_no_calls_and_no_mails(three: Exports) -> None:
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in three.rows("Task"):
        by_kind[row["TaskSubtype"]].append(row)
    assert set(by_kind) == {"Task", "Call", "Email"}
    for column in ("CallType", "CallDisposition", "CallDurationInSeconds"):
        assert not [row for kind in ("Task", "Email") for row in by_kind[kind] if row[column]]
        assert [row for row in by_kind["Call"] if row[column]]
    assert all(row["WhoId"] for kind in ("Call", "Email") for row in by_kind[kind])


def test_what_is_planned_is_not_done(three: Exports) -> None:
    for row in three.rows("Task"):
        is_done = row["Status"] == "Completed"
        assert (row["IsClosed"] == "true") == is_done == (row["CompletedDateTime"] != "")
    planned = [row for row in three.rows("Task") if row["Status"] == "Not Started"]
    assert {row["TaskSubtype"] for row in planned} == {"Task", "Call", "Email"}
    assert not any(row["CallDisposition"] for row in planned)


def test_tasks_of_the_tool_name_what_they_were_done_by_and_it_names_them(three: Exports) -> None:
    tasks = three.by_id("tasks")
    for name, column, done in (
        ("calls", "callId", ("createdAt",)),
        ("mailings", "mailingId", ("deliveredAt", "bouncedAt")),
    ):
        touches = three.by_id(name)
        done_by = {key: touches[row[column]] for key, row in tasks.items() if row[column]}
        assert 0.05 < len(done_by) / len(touches) < 0.3
        for key, touch in done_by.items():
            task = tasks[key]
            assert touch["taskId"] == key
            assert (task["state"], task["action"]) == (
                "complete",
                name.removesuffix("s").replace("mailing", "email"),
            )
            assert task["completedAt"] == max(touch[moment] for moment in done)
            assert task["completerId"] == task["ownerId"] == touch["userId"]
            assert task["prospectId"] == touch["prospectId"]
    by_hand = [row for row in three.rows("mailings") if row["taskId"]]
    assert {row["mailingType"] for row in by_hand} == {"sequence", "single"}
    assert not [
        row for row in three.rows("calls") if row["taskId"] and row["direction"] == "inbound"
    ]


def test_what_is_to_do_for_the_tool_is_of_every_kind_done_or_not(three: Exports) -> None:
    kinds = set[tuple[str, str]]()
    for row in three.rows("tasks"):
        is_done = row["state"] == "complete"
        assert (row["completed"] == "true") == is_done == (row["completedAt"] != "")
        assert is_done == (row["completerId"] != "")
        if not row["callId"] and not row["mailingId"]:
            kinds.add((row["action"], row["state"]))
    actions, states = ("action_item", "call", "email", "in_person"), ("complete", "incomplete")
    assert kinds == set(itertools.product(actions, states))


def test_what_was_to_do_is_done_by_a_mail_or_call_some_nights_later(three: Exports) -> None:
    now = three.by_id("tasks")
    before = three.by_id("tasks", LAST - timedelta(days=2))
    done = [key for key in before if before[key]["state"] != now[key]["state"]]
    assert done
    assert not [key for key in done if before[key]["callId"] or before[key]["mailingId"]]
    assert [key for key in done if now[key]["callId"] or now[key]["mailingId"]]


def touches_of(exports: Exports, people: People) -> Iterator[tuple[str, Record, Record, datetime]]:
    """Outbound calls and mails: kind, tool and user, person, and when; but of those left out."""
    found = itertools.chain(sent_by_the_tool(exports), logged_in_the_crm(exports))
    for kind, user, record, at in found:
        if not people.is_left_out(record):
            yield kind, (record[0], user.lower()), people.who[record], at


def sent_by_the_tool(exports: Exports) -> Iterator[tuple[str, str, Record, datetime]]:
    users = exports.by_id("users")
    for row in exports.rows("calls"):
        if row["direction"] == "outbound":
            user = users[row["userId"]]["email"]
            yield "Call", user, ("tool", row["prospectId"]), moment(row["dialedAt"])
    for row in exports.rows("mailings"):
        if row["deliveredAt"] and row["mailingType"] != "campaign":
            is_manual = row["mailingType"] == "single" or row["taskId"] != ""
            user = users[row["userId"]]["email"]
            kind = "Email" if is_manual else "Automated"
            yield kind, user, ("tool", row["prospectId"]), moment(row["deliveredAt"])


def logged_in_the_crm(exports: Exports) -> Iterator[tuple[str, str, Record, datetime]]:
    users = exports.by_id("User")
    for row in exports.rows("Task"):
        kind, at = row["TaskSubtype"], row["CompletedDateTime"]
        if kind != "Task" and row["CallType"] != "Inbound" and at:
            yield kind, users[row["OwnerId"]]["Email"], ("crm", row["WhoId"]), moment(at)


def without_copies(tool: list[datetime], crm: list[datetime]) -> list[datetime]:
    """The touches, once each: each of the tool's stands for one of the CRM's within 5 minutes."""
    free, own = list(tool), list[datetime]()
    for at in crm:
        near = [one for one in free if abs(one - at) <= timedelta(minutes=5)]
        if near:
            free.remove(min(near))
        else:
            own.append(at)
    return tool + own


def test_a_touch_that_both_tools_hold_counts_once(three: Exports, people: People) -> None:
    found: dict[tuple[str, str, Record], dict[str, list[datetime]]] = defaultdict(
        lambda: {"tool": [], "crm": []}
    )
    count: dict[str, dict[str, float | None]] = {
        kind: defaultdict(int) for kind in ("Call", "Email", "Automated")
    }
    for kind, (tool, user), person, at in touches_of(three, people):
        found[kind, user, person][tool].append(at)
    merged = 0
    for (kind, *_), both in found.items():
        touches = without_copies(sorted(both["tool"]), sorted(both["crm"]))
        merged += len(both["tool"]) + len(both["crm"]) - len(touches)
        for at in touches:
            count[kind][quarter(at.astimezone(ZONE).date())] += 1
    assert three.company("calls_made") == count["Call"]
    assert three.company("manual_emails_sent") == count["Email"]
    assert three.company("automated_emails_sent") == count["Automated"]
    assert merged > 5_000


def test_most_calls_of_the_tool_have_a_copy_whose_words_may_differ(three: Exports) -> None:
    copies = [row for row in three.rows("Task") if row["Subject"].startswith("[Outreach] [Call]")]
    assert 0.55 < len(copies) / len(three.rows("calls")) < 0.65
    names = {row["id"]: row["name"] for row in three.rows("callDispositions")}
    users = {row["Id"]: row["Email"].lower() for row in three.rows("User")}
    addresses = {row["id"]: row["email"].lower() for row in three.rows("users")}
    said: dict[tuple[str, datetime], str] = {
        (addresses[row["userId"]], moment(row["dialedAt"])): names.get(row["callDispositionId"], "")
        for row in three.rows("calls")
    }
    differ = 0
    for row in copies:
        at, seconds = moment(row["CompletedDateTime"]), range(201)
        near = [said.get((users[row["OwnerId"]], at - timedelta(seconds=one))) for one in seconds]
        differ += row["CallDisposition"] not in near
    assert 0.01 < differ / len(copies) < 0.05


def answers_of(exports: Exports, people: People) -> dict[Record, list[datetime]]:
    """By person, when a human of the company got in touch."""
    found: dict[Record, list[datetime]] = defaultdict(list)
    for kind, _, person, at in touches_of(exports, people):
        if kind != "Automated":
            found[person].append(at)
    for row in exports.rows("Event"):
        if row["WhoId"] and row["IsChild"] == row["IsDeleted"] == "false":
            found[people.who["crm", row["WhoId"]]].append(moment(row["CreatedDate"]))
    return {person: sorted(at) for person, at in found.items()}


def counted_leads(exports: Exports, people: People) -> Iterator[tuple[Row, Record, str]]:
    """The leads by creation, with their person, and whether they are its first, or another time."""
    last = dict[Record, datetime]()
    for lead in sorted(exports.rows("Lead"), key=lambda lead: lead["CreatedDate"]):
        record = ("crm", lead["Id"])
        if lead["IsDeleted"] == "false" and not people.is_left_out(record):
            person, created = people.who[record], moment(lead["CreatedDate"])
            before = last.get(person)
            last[person] = created
            is_soon = before is not None and created - before <= timedelta(days=180)
            yield lead, person, "first" if before is None else "soon" if is_soon else "again"


def test_leads_are_those_of_the_files(three: Exports, people: People) -> None:
    count: dict[str, float | None] = defaultdict(int)
    for lead, _, kind in counted_leads(three, people):
        if kind == "first":
            count[quarter(local(lead["CreatedDate"]))] += 1
    assert three.company("leads_created") == count


def test_response_time_is_that_of_the_files(three: Exports, people: People) -> None:
    answers = answers_of(three, people)
    imported = set(three.truth["cases"]["bulk_import"]["lead_ids"])
    opted_out = {
        people.who["tool", row["id"]]: moment(row["optedOutAt"])
        for row in three.rows("prospects")
        if row["optedOutAt"]
    }
    minutes: dict[str, list[float]] = defaultdict(list)
    for lead, person, kind in counted_leads(three, people):
        created, at = moment(lead["CreatedDate"]), answers.get(person, [])
        first = next(iter(at[bisect_left(at, created) :]), None)
        if (
            lead["LeadSource"] in ("Web", "Phone Inquiry", "Trade Show")
            and lead["Status"] != "Spam"
            and lead["Id"] not in imported
            and kind != "soon"
            and not (person in opted_out and (first is None or opted_out[person] < first))
        ):
            wait = float("inf") if first is None else (first - created).total_seconds() / 60
            minutes[quarter(local(lead["CreatedDate"]))].append(wait)
    middle = {key: statistics.median_low(values) for key, values in minutes.items()}
    assert middle == pytest.approx(three.company("lead_response_time"))


@cache
def holidays_of(country: str) -> set[date]:
    return set(country_holidays(country, years=range(2023, 2028)))


def minutes_worked(user: Row | None, region: str, since: datetime, until: datetime) -> float:
    """Minutes between nine and five on working days, by the clock of the user, day by day."""
    zone = ZoneInfo(user["TimeZoneSidKey"]) if user else ZONE
    off = holidays_of({"EMEA": "GB", "APAC": "AU"}.get(region, "US"))
    day, seconds = since.astimezone(zone).date(), 0.0
    while day <= until.astimezone(zone).date():
        if day.weekday() < 5 and day not in off:
            opens, closes = (datetime.combine(day, time(hour), zone) for hour in (9, 17))
            worked = min(until.timestamp(), closes.timestamp()) - max(
                since.timestamp(), opens.timestamp()
            )
            seconds += max(worked, 0)
        day += timedelta(days=1)
    return seconds / 60


def test_business_time_of_a_rep_who_never_moved_is_that_of_the_files(
    three: Exports, people: People
) -> None:
    """By rep, where the region is the present one; in each of the three regions, and for nobody."""
    answers, users, roles = answers_of(three, people), three.by_id("User"), three.by_id("UserRole")
    moved = {row["Email"] for row in three.rows("org_changes")}
    imported = set(three.truth["cases"]["bulk_import"]["lead_ids"])
    silent = {people.who["tool", row["id"]] for row in three.rows("prospects") if row["optedOutAt"]}
    minutes: dict[tuple[str, str], list[float]] = defaultdict(list)
    due: dict[tuple[str, str], list[bool]] = defaultdict(list)
    skipped, regions = set[tuple[str, str]](), set[str]()
    for lead, person, kind in counted_leads(three, people):
        user = users.get(lead["OwnerId"])
        created, at = moment(lead["CreatedDate"]), answers.get(person, [])
        cell = (user["Name"] if user else "(none)", quarter(local(lead["CreatedDate"])))
        if person in silent or (user and user["Email"] in moved):
            skipped.add(cell)
        elif (
            lead["LeadSource"] in ("Web", "Phone Inquiry", "Trade Show")
            and lead["Status"] != "Spam"
            and lead["Id"] not in imported
            and kind != "soon"
        ):
            team = roles[user["UserRoleId"]] if user else {"ParentRoleId": ""}
            region = roles[team["ParentRoleId"]]["Name"] if user else ""
            regions.add(region)
            first = next(iter(at[bisect_left(at, created) :]), None)
            wait = minutes_worked(user, region, created, first) if first else float("inf")
            minutes[cell].append(wait)
            soon = min(END, created + timedelta(days=14))  # an hour is over by then
            if minutes_worked(user, region, created, soon) >= 60:
                due[cell].append(wait <= 60)
    middle = {
        cell: None if (half := statistics.median_low(waits)) == float("inf") else half
        for cell, waits in minutes.items()
        if cell not in skipped
    }
    said = {
        kpi: {
            (member, start): numbers
            for name, _, grain, start, scope, member, *numbers in three.truth["values"]
            if (name, grain, scope) == (kpi, "quarter", "rep")
        }
        for kpi in ("lead_response_business_time", "lead_response_within_target")
    }
    assert regions == {"", "Americas", "EMEA", "APAC"}
    assert len(middle) > 100
    for cell, value in middle.items():
        told = said["lead_response_business_time"].get(cell, [0])[0]
        assert (value is None) == (told is None)
        assert value is None or value == pytest.approx(told)
        if due[cell]:
            expected = [sum(due[cell]), len(due[cell])]
            assert said["lead_response_within_target"][cell][1:] == expected


def test_touches_are_logged_on_both_records_of_a_contact(three: Exports) -> None:
    losers = {row["Id"] for row in three.rows("Contact") if row["MasterRecordId"]}
    assert sum(row["WhoId"] in losers for row in three.rows("Task")) > 3


def test_reply_rate_is_that_of_the_files(three: Exports, people: People) -> None:
    sent: dict[str, list[datetime]] = defaultdict(list)
    for row in three.rows("mailings"):
        is_sent = row["sequenceStateId"] != "" and row["deliveredAt"] != ""
        if is_sent and not people.is_left_out(("tool", row["prospectId"])):
            sent[row["sequenceStateId"]].append(moment(row["deliveredAt"]))
    tally: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    late = 0
    for row in three.rows("sequenceStates"):
        if sent[row["id"]]:
            first, last = min(sent[row["id"]]), max(sent[row["id"]])
            counted = tally[quarter(first.astimezone(ZONE).date())]
            replied = moment(row["repliedAt"]) if row["repliedAt"] else None
            counted[0] += replied is not None and replied <= last + timedelta(days=14)
            late += replied is not None and replied > last + timedelta(days=14)
            counted[1] += 1
    assert late > 0
    assert three.company("reply_rate", place=1) == {key: n for key, (n, _) in tally.items()}
    assert three.company("reply_rate", place=2) == {key: n for key, (_, n) in tally.items()}


def leads_of(exports: Exports, case: str) -> list[Row]:
    return [exports.by_id("Lead")[key] for key in exports.truth["cases"][case]["lead_ids"]]


def test_a_redial_within_three_minutes(three: Exports) -> None:
    calls = three.by_id("calls")
    first, again = (
        calls[str(key)] for key in three.truth["cases"]["redial_within_3_minutes"]["call_ids"]
    )
    assert (first["prospectId"], first["userId"]) == (again["prospectId"], again["userId"])
    assert 0 < (moment(again["dialedAt"]) - moment(first["dialedAt"])).total_seconds() < 180


def test_a_redial_is_two_calls_however_many_copies_it_has(three: Exports) -> None:
    first, again = (
        three.by_id("calls")[str(key)]
        for key in three.truth["cases"]["redial_within_3_minutes"]["call_ids"]
    )
    begun, user = moment(first["dialedAt"]), three.by_id("users")[first["userId"]]["email"].lower()
    copies = [
        moment(row["CompletedDateTime"])
        for row in three.rows("Task")
        if row["Subject"].startswith("[Outreach] [Call]")
        and three.by_id("User")[row["OwnerId"]]["Email"].lower() == user
        and timedelta(0) <= moment(row["CompletedDateTime"]) - begun <= timedelta(seconds=300)
    ]
    assert len(copies) == 2
    tool = [begun, moment(again["dialedAt"])]
    assert without_copies(tool, sorted(copies)) == tool


def test_a_copy_that_comes_late_is_a_touch_of_its_own(three: Exports) -> None:
    tasks = three.by_id("Task")
    late = [tasks[key] for key in three.truth["cases"]["copy_long_after_its_touch"]["task_ids"]]
    assert len(late) > 10
    assert {row["TaskSubtype"] for row in late} == {"Call", "Email"}
    assert all(row["Subject"].startswith("[Outreach]") for row in late)


def test_people_who_come_twice(three: Exports, people: People) -> None:
    for case, shortest, longest in (("duplicate_lead", 0, 178), ("re_inquiry", 182, 2_000)):
        first, second = leads_of(three, case)
        assert people.who["crm", first["Id"]] == people.who["crm", second["Id"]]
        gap = moment(second["CreatedDate"]) - moment(first["CreatedDate"])
        assert shortest < gap.total_seconds() / 86_400 < longest


def test_a_list_is_brought_in_within_a_minute(three: Exports) -> None:
    by_moment = sorted(leads_of(three, "bulk_import"), key=lambda lead: lead["CreatedDate"])
    first, *_, last = by_moment[:60]
    assert len(by_moment) >= 60
    assert (moment(last["CreatedDate"]) - moment(first["CreatedDate"])).total_seconds() < 60
    assert {lead["CreatedById"] for lead in by_moment[:60]} == {first["CreatedById"]}
    assert {lead["LeadSource"] for lead in by_moment} == {"Trade Show"}


def test_spam_and_a_person_who_does_not_want_to_be_asked(three: Exports, people: People) -> None:
    (spam,), (silent,) = leads_of(three, "spam_lead"), leads_of(three, "opted_out_before_any_touch")
    assert spam["Status"] == "Spam"
    person = people.who["crm", silent["Id"]]
    (prospect,) = (
        row for row in three.rows("prospects") if people.who["tool", row["id"]] == person
    )
    assert prospect["optedOutAt"]
    assert person not in answers_of(three, people)
