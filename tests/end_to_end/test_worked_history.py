"""What is known of a deal when, worked by hand: native history, exports, merges and deletions.

One company in UTC whose exports cover whole days: opportunities of June 1, 3, 5 and 8, the history
of stages of June 1 and 3 (after which it was not delivered any more), that of fields of June 3. An
export of June 1 covers what happened before midnight, 2026-06-02T00:00.
"""

import pytest

from pipelines.settings import Settings
from tests.worked_company import ask, built, landed

HEADER = "id,stage,amount,created,closed,owner,account\n"
# H1 is followed by history until June 3, H2's first export was taken before its move of that day,
# N1 and N2 have no history. E1 moves three times in one moment, R1 twice to where it is. V1's
# history is taken back, V2 is deleted with its history. O1 was Ada's when it was won.
FIRST = """\
H1,One,100,2026-05-10T09:00:00Z,,U1,A1
H2,One,10,2026-05-11T09:00:00Z,,U1,A4
H3,One,20,2026-05-11T09:00:00Z,,U1,
N1,One,50,2026-05-01T09:00:00Z,,U1,A6
E1,Three,30,2026-05-12T09:00:00Z,,U1,
R1,One,120,2026-05-13T09:00:00Z,,U1,A3
V1,Two,5,2026-05-14T09:00:00Z,,U1,
V2,Two,7,2026-05-14T09:00:00Z,,U1,
O1,Won,900,2026-05-01T09:00:00Z,2026-05-15,U2,A1
"""
DAYS = {
    "2026-06-01": FIRST,
    "2026-06-03": FIRST.replace("H1,One", "H1,Two")
    .replace("H2,One", "H2,Two")
    .replace("N1,One,50", "N1,One,80")
    .replace("V2,Two,7,2026-05-14T09:00:00Z,,U1,\n", ""),
}
DAYS["2026-06-05"] = (
    DAYS["2026-06-03"].replace("H1,Two", "H1,Three").replace("H3,One", "H3,Two")
    + "N2,One,60,2026-06-04T15:00:00Z,,U1,\n"
)
DAYS["2026-06-08"] = (
    DAYS["2026-06-05"].replace("N1,One,80", "N1,Lost,80").replace("H3,Two", "H3,Three")
)
HISTORY = """\
id,deal,stage,amount,at
1,H1,One,100,2026-05-10T09:00:00Z
3,H2,One,10,2026-05-11T09:00:00Z
4,H2,Two,10,2026-06-01T12:00:00Z
5,H3,One,20,2026-05-11T09:00:00Z
9,E1,One,30,2026-05-12T09:00:00Z
10,E1,Two,30,2026-05-12T09:00:00Z
11,E1,Three,30,2026-05-12T09:00:00Z
12,R1,One,100,2026-05-13T09:00:00Z
13,R1,One,120,2026-05-20T09:00:00Z
14,R1,One,120,2026-05-21T09:00:00Z
15,V1,One,5,2026-05-14T09:00:00Z
16,V1,Three,5,2026-05-15T09:00:00Z
17,V1,Two,5,2026-05-16T09:00:00Z
18,V2,One,7,2026-05-14T09:00:00Z
19,V2,Two,7,2026-05-16T09:00:00Z
20,O1,One,900,2026-05-01T09:00:00Z
21,O1,Won,900,2026-05-15T10:00:00Z
"""
LATER = "\n".join(row for row in HISTORY.splitlines() if not row.startswith(("16,", "18,", "19,")))
FIELDS = """\
id,deal,field,old,new,at
1,O1,Owner,U1,U2,2026-05-20T12:00:00Z
2,O1,Owner,Ada,Bob,2026-05-20T12:00:00Z
3,O1,Colour,red,blue,2026-05-21T12:00:00Z
"""
# A1 was merged into A2, and that into A3; A4, A5 and A8 in a circle; A6 into nobody known.
ACCOUNTS = """\
id,name,segment,master,deleted
A1,One Ltd,Small,A2,true
A2,One Limited,Middle,A3,true
A3,One,Large,,false
A4,Four,Small,A5,true
A5,Five,Small,A8,true
A6,Six,Small,A7,true
A8,Eight,Small,A4,true
"""
CONFIG = {
    "company": {"name": "Tiny", "currency": "EUR", "timezone": "UTC"},
    "guards": {"max_vanished_share": 1},
    "sources": [
        {
            "name": "crm",
            "system": "mapped",
            "as_of": "*_%Y-%m-%d.*",
            "objects": {
                "opportunities": {
                    "files": "opportunities_*.csv",
                    "columns": {
                        "opportunity_id": "id",
                        "stage": "stage",
                        "amount": "amount",
                        "created_at": "created",
                        "closed_on": "closed",
                        "owner_id": "owner",
                        "account_id": "account",
                    },
                    "stages": {
                        "One": "open",
                        "Two": "open",
                        "Three": "open",
                        "Won": "won",
                        "Lost": "lost",
                    },
                },
                "stage_changes": {
                    "files": "history_*.csv",
                    "columns": {
                        "stage_change_id": "id",
                        "opportunity_id": "deal",
                        "stage": "stage",
                        "amount": "amount",
                        "changed_at": "at",
                    },
                },
                "field_changes": {
                    "files": "fields_*.csv",
                    "columns": {
                        "field_change_id": "id",
                        "opportunity_id": "deal",
                        "field": "field",
                        "old_value": "old",
                        "new_value": "new",
                        "changed_at": "at",
                    },
                    "meanings": {"field": {"Owner": "owner"}},
                },
                "accounts": {
                    "files": "accounts_*.csv",
                    "columns": {
                        "account_id": "id",
                        "account_name": "name",
                        "segment": "segment",
                        "merged_into_id": "master",
                        "is_deleted": "deleted",
                    },
                },
                "users": {
                    "files": "users_*.csv",
                    "columns": {"user_id": "id", "user_name": "name", "team": "team"},
                },
            },
        }
    ],
}
Row = tuple[object, ...]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The company, built and checked."""
    files = {
        **{f"crm/opportunities_{day}.csv": HEADER + rows for day, rows in DAYS.items()},
        "crm/history_2026-06-01.csv": HISTORY,
        "crm/history_2026-06-03.csv": LATER + "\n2,H1,Two,100,2026-06-02T10:00:00Z\n",
        "crm/fields_2026-06-03.csv": FIELDS,
        "crm/accounts_2026-06-08.csv": ACCOUNTS,
        "crm/users_2026-06-08.csv": "id,name,team\nU1,Ada,East\nU2,Bob,West\nU3,Bob,West\n",
    }
    return built(landed(tmp_path_factory.mktemp("history"), files, CONFIG))


def states(company: Settings, deal: str) -> list[Row]:
    """stage, amount, basis, and the interval in which the state began."""
    return ask(
        company,
        "select stage, source_amount::double, basis, strftime(happened_after, '%m-%d %H'), "
        "strftime(happened_by, '%m-%d %H') from intermediate.int_opportunities_states "
        f"where opportunity_key = 'crm:{deal}' order by state_number",
    )


def test_exports_speak_where_history_ends(company: Settings) -> None:
    """H1's history knows its moves to One and Two to the minute. On June 5 the export shows it in
    Three, of which the history, last delivered on June 3, cannot know: it happened between the two
    exports of opportunities. H3 moves on with each export."""
    assert states(company, "H1") == [
        ("One", 100.0, "native", "05-10 09", "05-10 09"),
        ("Two", 100.0, "native", "06-02 10", "06-02 10"),
        ("Three", 100.0, "inferred", "06-04 00", "06-06 00"),
    ]
    assert states(company, "H3") == [
        ("One", 20.0, "native", "05-11 09", "05-11 09"),
        ("Two", 20.0, "inferred", "06-04 00", "06-06 00"),
        ("Three", 20.0, "inferred", "06-06 00", "06-09 00"),
    ]


def test_history_is_believed_before_an_export(company: Settings) -> None:
    """The export of June 1 was taken before H2 moved at noon; it moves nothing back."""
    assert states(company, "H2") == [
        ("One", 10.0, "native", "05-11 09", "05-11 09"),
        ("Two", 10.0, "native", "06-01 12", "06-01 12"),
    ]


def test_without_history_a_change_lies_between_two_exports(company: Settings) -> None:
    """Since when N1 was in One nobody knows. On June 5 nothing had changed, so it was lost between
    that export and the one of June 8. N2 was created after the first export: then it began."""
    assert states(company, "N1") == [
        ("One", 50.0, "inferred", None, "06-02 00"),
        ("One", 80.0, "inferred", "06-02 00", "06-04 00"),
        ("Lost", 80.0, "inferred", "06-06 00", "06-09 00"),
    ]
    assert states(company, "N2") == [("One", 60.0, "inferred", "06-04 15", "06-06 00")]
    assert ask(
        company,
        "select entered_at::text, entered_after_at::text, basis from marts.fct_stage_visits "
        "where opportunity_key = 'crm:N2'",
    ) == [("2026-06-04 15:00:00", "2026-06-04 15:00:00", "inferred")]


def test_a_loss_that_an_export_shows_is_dated_by_it(company: Settings) -> None:
    """N1 has no close date; it was seen lost on June 8."""
    assert ask(
        company,
        "select closed_on::text, closed_on_source from marts.fct_opportunities "
        "where opportunity_id = 'N1'",
    ) == [("2026-06-08", "seen_lost")]


def test_changes_of_one_moment_happened_in_the_order_of_their_ids(company: Settings) -> None:
    """9, 10, 11: as numbers, not as texts, where 10 and 11 would come before 9."""
    assert ask(
        company,
        "select stage, visit_days, exit from marts.fct_stage_visits "
        "where opportunity_key = 'crm:E1' order by change_number",
    ) == [("One", 0, "forward"), ("Two", 0, "forward"), ("Three", None, "open")]


def test_a_change_of_amount_is_no_change_of_stage(company: Settings) -> None:
    """R1's second row changes its amount, the third nothing that counts: one visit, two states."""
    assert [row[:2] for row in states(company, "R1")] == [("One", 100.0), ("One", 120.0)]
    assert ask(
        company,
        "select stage, entered_on::text, exit from marts.fct_stage_visits "
        "where opportunity_key = 'crm:R1'",
    ) == [("One", "2026-05-13", "open")]


def test_history_that_the_tool_takes_back_did_not_happen(company: Settings) -> None:
    """V1's move to Three is missing in the second export; V1 and its other moves are there."""
    assert [row[0] for row in states(company, "V1")] == ["One", "Two"]


def test_history_that_goes_with_its_deal_happened(company: Settings) -> None:
    """V2 vanished between the exports of June 1 and 3: it was in the pipeline until then."""
    assert ask(
        company,
        "select stage, is_removed, valid_from_on::text, valid_to_on::text "
        "from intermediate.int_opportunities_states "
        "where opportunity_key = 'crm:V2' order by state_number",
    ) == [
        ("One", False, "2026-05-14", "2026-05-16"),
        ("Two", False, "2026-05-16", "2026-06-03"),
        ("Two", True, "2026-06-03", "9999-12-31"),
    ]
    assert ask(
        company,
        "select outcome, is_deleted, is_open_pipeline from marts.fct_opportunities "
        "where opportunity_id = 'V2'",
    ) == [("open", True, False)]
    assert ask(
        company,
        "select snapshot_on::text from marts.fct_pipeline_snapshots "
        "where opportunity_key = 'crm:V2' and snapshot_on >= '2026-05-31' order by 1",
    ) == [("2026-05-31",), ("2026-06-01",), ("2026-06-02",)]


def test_the_owner_at_the_close_comes_from_the_history_of_fields(company: Settings) -> None:
    """No export ever showed O1 as Ada's; the history says that she had it until May 20. Of the two
    rows of the change the one with ids counts, as there are two Bobs; that of a field without a
    meaning does not."""
    assert ask(
        company,
        "select stage, rep_key, strftime(state_from_at, '%m-%d %H') "
        "from intermediate.int_opportunities_states "
        "where opportunity_key = 'crm:O1' order by state_number",
    ) == [
        ("One", "crm:U1", "05-01 09"),
        ("Won", "crm:U1", "05-15 10"),
        ("Won", "crm:U2", "05-20 12"),
    ]
    assert ask(
        company,
        "select rep_at_close, team_at_close, rep_key from marts.fct_opportunities "
        "where opportunity_id = 'O1'",
    ) == [("Ada", "East", "crm:U2")]


def test_merged_accounts_count_as_their_survivor(company: Settings) -> None:
    """A1 went into A2 and that into A3: H1 and O1 are A3's, in A3's segment, and O1 is the first
    win of A3. A circle has no survivor, nor has A6, whose target nobody knows: both are listed."""
    assert ask(
        company,
        "select opportunity_id, account_key, segment_at_creation from marts.fct_opportunities "
        "where account_key is not null order by opportunity_id",
    ) == [
        ("H1", "crm:A3", "Large"),
        ("H2", "crm:A4", "(none)"),
        ("N1", "crm:A6", "(none)"),
        ("O1", "crm:A3", "Large"),
        ("R1", "crm:A3", "Large"),
    ]
    assert ask(
        company,
        "select account_key, survivor_key, is_merged, is_deleted from marts.dim_accounts "
        "order by account_key",
    ) == [
        ("crm:A1", "crm:A3", True, True),
        ("crm:A2", "crm:A3", True, True),
        ("crm:A3", "crm:A3", False, False),
        ("crm:A4", "crm:A4", False, True),
        ("crm:A5", "crm:A5", False, True),
        ("crm:A6", "crm:A6", False, True),
        ("crm:A8", "crm:A8", False, True),
    ]
    assert ask(
        company,
        "select found_value, row_count from quality.unmapped_values "
        "where column_name = 'merged_into_id' order by found_value",
    ) == [("A4", 1), ("A5", 1), ("A7", 1), ("A8", 1)]


def test_versions_are_accounted_for_whoever_was_merged(company: Settings) -> None:
    """Of seven accounts one is current and six were merged; of the deals V2 is deleted."""
    assert ask(
        company,
        "select object, current_rows, deleted_rows, merged_rows from run.object_rows "
        "where object in ('accounts', 'opportunities') order by object",
    ) == [("accounts", 1, 0, 6), ("opportunities", 9, 1, 0)]
