"""Compiled models and data tests obey the house rules that keep one SQL for both engines."""

import pytest
from sqlglot.errors import ParseError

from pipelines.extract.relations import ROW_TYPES
from pipelines.extract.run_tables import relation_of
from pipelines.extract.systems import shapes_of, system_names
from tests.conventions.house_rules import (
    NEVER_ZERO,
    RULES,
    SPARK_SYNTAX,
    Relations,
    Rule,
    Statement,
    output_columns,
)
from tests.dbt_project import Node, Project

DEALS: Relations = {
    ".deals": ("rep", "stage", "amount", "won", "closed", "closed_at", "closed_on"),
    ".context": ("as_of_on",),
}


@pytest.fixture(scope="module")
def statements(project: Project) -> list[Statement]:
    """Every compiled model, after those that it reads, and every data test."""
    relations: Relations = {
        relation_of(system, shape.name): (*shape.columns, *ROW_TYPES)
        for system in system_names()
        for shape in shapes_of(system).values()
    }
    nodes = [*_in_order(project), *project.data_tests.values()]
    return [_statement(project, node, relations) for node in nodes]


def _in_order(project: Project) -> list[Node]:
    ordered: dict[str, Node] = {}

    def place(node: Node) -> None:
        for unique_id in node["depends_on"]["nodes"]:
            parent = project.manifest["nodes"].get(unique_id)
            if parent is not None and unique_id not in ordered:
                place(parent)
        ordered[node["unique_id"]] = node

    for node in project.models.values():
        place(node)
    return list(ordered.values())


def _statement(project: Project, node: Node, relations: Relations) -> Statement:
    sql = project.spark_sql(node)
    statement = Statement(name=node["name"], sql=sql, relations=relations)
    try:
        relations[f"{node['schema']}.{node['name']}"] = output_columns(statement)
    except ParseError:
        relations[f"{node['schema']}.{node['name']}"] = None
    return statement


def _broken(rule: Rule, statements: list[Statement]) -> list[str]:
    found: list[str] = []
    for statement in statements:
        found += sorted({f"{statement.name}: {text}" for text in rule.find(statement)})
    return found


def test_every_model_and_data_test_is_spark_sql(statements: list[Statement]) -> None:
    found = _broken(SPARK_SYNTAX, statements)
    assert not found, SPARK_SYNTAX.message(found)
    assert len(statements) > 50


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_house_rule(rule: Rule, statements: list[Statement]) -> None:
    parsed = [one for one in statements if not list(SPARK_SYNTAX.find(one))]
    found = _broken(rule, parsed)
    assert not found, rule.message(found)


def test_every_division_that_is_let_pass_is_still_there(statements: list[Statement]) -> None:
    by_name = {statement.name: statement for statement in statements}
    for model, denominators in NEVER_ZERO.items():
        divisions = " ".join(by_name[model].sql.split())
        for denominator, reason in denominators.items():
            assert reason
            assert denominator in divisions, f"{model}: nothing is divided by {denominator} now"


@pytest.mark.parametrize("rule", [SPARK_SYNTAX, *RULES], ids=lambda rule: rule.name)
def test_a_break_of_the_rule_is_found_and_its_remedy_passes(rule: Rule) -> None:
    assert list(rule.find(Statement("deals_by_rep", rule.example, DEALS)))
    remedy = rule.remedy.split(" (in a model")[0]
    for other in (SPARK_SYNTAX, *RULES):
        assert not list(other.find(Statement("deals_by_rep", remedy, DEALS))), other.name


def test_a_message_says_what_broke_why_and_what_to_write() -> None:
    rule = RULES[0]
    message = rule.message(["some_model: qualify"])
    for part in (rule.name, rule.example, rule.reason, rule.remedy, "some_model: qualify"):
        assert part in message


@pytest.mark.parametrize(
    ("rule_name", "sql"),
    [
        ("no_group_by_all", "select rep from deals order by all"),
        ("no_star_modifier", "select * replace (1 as amount) from deals"),
        ("no_star_modifier", "select columns('a.*') from deals"),
        ("no_wall_clock", "select now() as moment from deals"),
        ("no_wall_clock", "select today() as moment from deals"),
        ("no_wall_clock", "select current_timestamp as moment from deals"),
        ("no_unknown_function", "select strftime_of(amount) from deals"),
        ("guarded_division", "select case when won > 0 then amount / closed end from deals"),
        (
            "guarded_division",
            "select case when closed > 0 or won > 0 then amount / closed end from deals",
        ),
        ("guarded_division", "select case when closed >= 0 then amount / closed end from deals"),
        ("guarded_division", "select case when closed > 0 then 0 else 1 / closed end from deals"),
        ("guarded_division", "select amount / 0 from deals"),
        ("guarded_division", "select amount % won from deals"),
        ("guarded_division", "select amount / coalesce(won, 0) from deals"),
        ("no_lateral_alias", "with d as (select * from deals) select rep as who, who as w from d"),
        ("no_lateral_alias", "select d.won as w, w + 1 as x from deals as d cross join context"),
        ("spark_syntax", "select trunc(amount) from deals"),
        ("spark_syntax", "select {'a': 1} from deals"),
        ("spark_syntax", "select 1; select 2"),
        ("spark_syntax", "drop table deals"),
    ],
)
def test_other_breaks_are_found_too(rule_name: str, sql: str) -> None:
    rule = {rule.name: rule for rule in (SPARK_SYNTAX, *RULES)}[rule_name]
    assert list(rule.find(Statement("deals_by_rep", sql, DEALS))), sql


@pytest.mark.parametrize(
    "sql",
    [
        "select amount / cast(100 as decimal(18, 2)) as amount from deals",
        "select case when closed > 0 and won > 0 then amount / (closed * won) end from deals",
        "select case when (closed <> 0) then amount / cast(closed as double) end from deals",
        "select 1.0 / count(*) over (partition by rep) as share from deals",
        "select lower(rep) as rep, sum(won) filter (where won > 0) as won from deals group by rep",
        "select deals.won as w, deals.closed as won from deals cross join context",
        "select 'now()' as text, stage as current_stage from deals -- today()",
    ],
)
def test_what_obeys_every_rule_passes(sql: str) -> None:
    for rule in (SPARK_SYNTAX, *RULES):
        assert not list(rule.find(Statement("deals_by_rep", sql, DEALS))), rule.name
