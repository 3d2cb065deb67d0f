"""What the text of models, data tests and macros may say, before dbt renders it.

Where an engine's own spelling may stand, who may read vars, and which files generate SQL from data.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pipelines.extract.objects import object_shapes
from tests.dbt_project import source_files

ENGINE_FOLDER = "macros/engine/"
SPEC_READER = "macros/metric_spec.sql"

# KPIs and systems are data, so these may make SQL from them; all other SQL is written out.
GENERATORS = {
    "macros/metric_spec.sql": "reads the metric spec",
    "macros/roll_up.sql": "the roll-up of the metric spec",
    "macros/kpi_cells.sql": "the roll-ups' measures side by side",
    "macros/kpi_rows.sql": "the KPIs of the metric spec as rows",
    "macros/kpi_bases.sql": "what the KPIs of the metric spec rest on, as rows",
    "macros/kpi_catalog_rows.sql": "the descriptions in the metric spec as rows",
    "macros/union_systems.sql": "a company's systems",
    "models/intermediate/int_quotas_rolled_up.sql": "quotas do not add up like a fact's measures,"
    " so they have a roll-up of their own, for the measures of the spec's `quotas`",
}


@dataclass(frozen=True, kw_only=True)
class TextRule:
    """A pattern that no file may hold, except the named ones: example, reason, remedy."""

    name: str
    pattern: str
    example: str
    reason: str
    remedy: str
    allowed: str = ""

    def find(self, files: dict[str, str]) -> list[str]:
        """Where the pattern stands, comments aside."""
        wanted = re.compile(self.pattern, re.IGNORECASE)
        return [
            f"{path}: {match.group(0).strip()}"
            for path, text in files.items()
            if not (self.allowed and path.startswith(self.allowed))
            for match in wanted.finditer(without_comments(text))
        ]

    def message(self, found: list[str]) -> str:
        """What whoever broke the rule needs to know."""
        lines = [f"house rule {self.name}: {self.reason}", f"  not: {self.example}"]
        return "\n".join([*lines, f"  but: {self.remedy}", *(f"  - {one}" for one in found)])


def without_comments(text: str) -> str:
    """The text without comments of Jinja and SQL."""
    return re.sub(r"--[^\n]*", "", re.sub(r"{#.*?#}", "", text, flags=re.DOTALL))


TEXT_RULES = [
    TextRule(
        name="engine_spelling_in_its_folder",
        pattern=r"\bat\s+time\s+zone\b|\b(date_diff|date_sub|date_part|strftime|strptime|to_date"
        r"|from_utc_timestamp|date_format|string_agg|listagg|group_concat|unnest|explode"
        r"|generate_series|range|sequence|regexp_matches|regexp_full_match|rlike|isodow|dayofweek"
        r"|epoch|epoch_ms)\s*\(",
        example="date_diff('day', created_on, closed_on)",
        reason="what differs by engine lives in a dispatched macro, never inline",
        remedy="{{ dbt.datediff('created_on', 'closed_on', 'day') }}, or a macro in macros/engine",
        allowed=ENGINE_FOLDER,
    ),
    TextRule(
        name="try_cast_is_dispatched",
        pattern=r"\btry_cast\b",
        example="try_cast(amount as double)",
        reason="Spark here casts without errors and DuckDB with them; one macro says what is meant",
        remedy="cast in extraction, which types and quarantines; or a macro in macros/engine",
        allowed=ENGINE_FOLDER,
    ),
    TextRule(
        name="only_union_systems_reads_vars",
        pattern=r"\bvar\s*\(",
        example="{{ var('timezone') }}",
        reason="a changed var costs dbt a full parse, and the company's facts are in run.context",
        remedy="cross join {{ source('run', 'context') }}",
        allowed="macros/union_systems.sql",
    ),
    TextRule(
        name="no_environment_in_sql",
        pattern=r"\benv_var\s*\(",
        example="{{ env_var('COMPANY') }}",
        reason="the environment is read by pipelines/settings.py and the profile alone",
        remedy="cross join {{ source('run', 'context') }}",
    ),
    TextRule(
        name="no_wall_clock_in_jinja",
        pattern=r"\b(run_started_at|modules\s*\.\s*datetime|invocation_id)\b",
        example="{{ run_started_at }}",
        reason="time comes from the data, never from the wall clock",
        remedy="context.as_of, context.as_of_on",
    ),
    TextRule(
        name="no_hard_coded_relations",
        pattern=r"\b(from|join)\s+(lake|run|staging|intermediate|marts|kpis|quality)\.\w+",
        example="select * from marts.dim_reps",
        reason="dbt orders models by the refs that it sees",
        remedy="select * from {{ ref('dim_reps') }}",
    ),
]


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """The SQL files of the project by path."""
    return source_files()


@pytest.mark.parametrize("rule", TEXT_RULES, ids=lambda rule: rule.name)
def test_text_rule(rule: TextRule, files: dict[str, str]) -> None:
    found = rule.find(files)
    assert not found, rule.message(found)


@pytest.mark.parametrize("rule", TEXT_RULES, ids=lambda rule: rule.name)
def test_a_break_is_found_but_not_in_a_comment(rule: TextRule) -> None:
    assert rule.find({"models/kpis/kpi_new.sql": f"select {rule.example} from deals"})
    assert not rule.find({"models/kpis/kpi_new.sql": f"-- {rule.example}\n{{# {rule.example} #}}"})
    assert not rule.find({"models/kpis/kpi_new.sql": rule.remedy})
    if rule.allowed:
        assert not rule.find({rule.allowed: f"select {rule.example} from deals"})


def generators(files: dict[str, str]) -> Iterator[str]:
    """Files that make SQL from the spec, the systems or the database."""
    readers = re.findall(r"{%-?\s*macro\s+(\w+)", files[SPEC_READER])
    sources = r"\bgraph\b|\b(run_query|statement|load_result|var|" + "|".join(readers) + r")\s*\("
    for path, text in files.items():
        statements = " ".join(re.findall(r"{[{%].*?[}%]}", without_comments(text), re.DOTALL))
        if re.search(sources, statements):
            yield path


def test_only_the_named_files_generate_sql_from_data(files: dict[str, str]) -> None:
    found = set(generators(files)) - {path for path in GENERATORS if path not in files}
    extra = sorted(found - set(GENERATORS))
    assert not extra, (
        f"{extra} generate SQL from data, which hides it from its readers.\n"
        "  not: {% for metric in graph.metrics.values() %}\n"
        "  but: columns written out; or, where KPIs or systems are the data, one of GENERATORS"
    )
    assert found == set(GENERATORS), "GENERATORS names files that generate nothing"


@pytest.mark.parametrize(
    "text",
    [
        "{% for metric in graph.metrics.values() %}",
        "{% set rows = run_query('select 1') %}",
        "{%- for kpi in spec_kpis() %}",
        "{{ var('systems') }}",
    ],
)
def test_a_generator_is_found(text: str, files: dict[str, str]) -> None:
    assert "models/kpis/kpi_new.sql" in set(generators(files | {"models/kpis/kpi_new.sql": text}))
    assert "models/kpis/kpi_new.sql" not in set(generators(files | {"models/kpis/kpi_new.sql": ""}))


def dispatch_breaks(files: dict[str, str]) -> Iterator[str]:
    """Dispatched macros outside their folder, or without an answer for an engine."""
    defined = {name for text in files.values() for name in re.findall(r"macro\s+(\w+)\(", text)}
    for path, text in files.items():
        for name in re.findall(r"adapter\.dispatch\(\s*'(\w+)'", without_comments(text)):
            if not path.startswith(ENGINE_FOLDER):
                yield f"{path}: {name} is dispatched outside {ENGINE_FOLDER}"
            if f"spark__{name}" not in defined:
                yield f"{path}: {name} has no spark__{name}"
            if not {f"default__{name}", f"duckdb__{name}"} & defined:
                yield f"{path}: {name} has neither default__{name} nor duckdb__{name}"


def test_every_dispatched_macro_answers_on_both_engines(files: dict[str, str]) -> None:
    found = list(dispatch_breaks(files))
    assert not found, "\n".join(found)


def test_a_macro_without_an_answer_for_spark_is_found() -> None:
    text = "{% macro day(x) %}{{ adapter.dispatch('day', 'kpimart')(x) }}{% endmacro %}"
    assert len(list(dispatch_breaks({"macros/day.sql": text}))) == 3
    answers = "{% macro default__day(x) %}{% endmacro %}{% macro spark__day(x) %}{% endmacro %}"
    assert not list(dispatch_breaks({"macros/engine/day.sql": text + answers}))


def undocumented_macros(files: dict[str, str]) -> Iterator[str]:
    """Macro files that do not open by saying what they yield."""
    for path, text in files.items():
        if path.startswith("macros/") and not text.lstrip().startswith("{#"):
            yield path


def test_every_macro_file_opens_by_saying_what_it_yields(files: dict[str, str]) -> None:
    assert not list(undocumented_macros(files))
    assert list(undocumented_macros({"macros/day.sql": "{% macro day() %}{% endmacro %}"}))


def delivered_by_tools(text: str) -> dict[str, list[str]]:
    """What the macro says that each known tool delivers."""
    stated = re.search(r"set delivered = ({.*?}) -%}", text, re.DOTALL)
    assert stated, "union_systems states what each tool delivers"
    return ast.literal_eval(stated[1])


def test_union_systems_knows_every_staging_model(files: dict[str, str]) -> None:
    staged: dict[str, list[str]] = {}
    for path in sorted(files):
        if found := re.fullmatch(r"models/staging/(\w+)/stg_\1__(\w+)\.sql", path):
            staged.setdefault(found[1], []).append(found[2])
    mapped = staged.pop("mapped")
    assert delivered_by_tools(files["macros/union_systems.sql"]) == staged
    assert sorted(mapped) == sorted(object_shapes())
