"""The rules that keep one SQL for DuckDB and Spark, each with example, reason and remedy.

Rules read SQL as Spark gets it, parsed by sqlglot. What the text of models and macros may say, is
in test_sources.py; how it is laid out, in .sqlfluff.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.tokens import TokenType

CLOCK = {
    "current_date",
    "current_time",
    "current_timestamp",
    "curdate",
    "get_current_time",
    "get_current_timestamp",
    "localtime",
    "localtimestamp",
    "now",
    "today",
    "transaction_timestamp",
    "unix_timestamp",
}

# Denominators that cannot be 0, by model: (denominator, why).
NEVER_ZERO: dict[str, dict[str, str]] = {
    "fct_opportunities": {"stage_probabilities.closed_count + 30": "a count plus 30 prior deals"},
    "fct_pipeline_snapshots": {
        "stage_probabilities.closed_count + 30": "a count plus 30 prior deals"
    },
    "int_cohorts_maturing": {"at_risk_count": "a sum that counts at least the row's own deals"},
    "int_pipeline_velocity": {
        "1 + 3.8414588206941254 / closed_count": "1 plus z² over a count above 0"
    },
    "int_kpi_measured": {
        "1 + 3.8414588206941254 / judged.denominator": "1 plus z² over a count above 0 (Wilson)"
    },
}

Columns = tuple[str, ...]
Relations = dict[str, Columns | None]


@dataclass(frozen=True)
class Statement:
    """One compiled model or data test; `relations` are the columns of what it reads, if known."""

    name: str
    sql: str
    relations: Relations = field(default_factory=dict)
    dialect: str = "spark"

    @cached_property
    def trees(self) -> list[exp.Expr]:
        """What sqlglot's dialect understands.

        Raises:
            ParseError: the engine would not understand it.
        """
        return [tree for tree in sqlglot.parse(self.sql, read=self.dialect) if tree is not None]

    def nodes(self, *kinds: type[exp.Expr]) -> Iterator[exp.Expr]:
        """Every node of these kinds."""
        return (node for tree in self.trees for node in tree.find_all(*kinds))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A house rule: SQL that breaks it, SQL to write instead, and how a break is found."""

    name: str
    example: str
    reason: str
    remedy: str
    find: Callable[[Statement], Iterable[str]]

    def message(self, found: list[str]) -> str:
        """What whoever broke the rule needs to know."""
        head = [f"house rule {self.name}: {self.reason}"]
        head += [f"  not: {self.example}", f"  but: {self.remedy}"]
        return "\n".join([*head, *(f"  - {one}" for one in found)])


def is_parsed(statement: Statement) -> Iterator[str]:
    """One query that the parser of Spark's dialect understands."""
    try:
        trees = statement.trees
    except ParseError as error:
        yield str(error).splitlines()[0]
        return
    for tree in trees:
        if not isinstance(tree, exp.Query):
            yield f"not a query: {tree.sql()[:60]}"
    if len(trees) != 1:
        yield f"{len(trees)} statements"


def of_kind(*kinds: type[exp.Expr]) -> Callable[[Statement], Iterable[str]]:
    """Finds nodes of these kinds."""
    return lambda statement: (shown(node) for node in statement.nodes(*kinds))


def shown(node: exp.Expr) -> str:
    """A node as short SQL."""
    text = node.sql(dialect="spark", comments=False)
    return text if len(text) <= 80 else text[:77] + "…"


def group_by_all(statement: Statement) -> Iterator[str]:
    """Grouping or ordering by whatever the select list happens to hold."""
    for node in statement.nodes(exp.Group):
        if node.args.get("all"):
            yield "group by all"
    for node in statement.nodes(exp.Ordered):
        if isinstance(node.this, exp.Var) and node.this.name.lower() == "all":
            yield "order by all"


def recursive(statement: Statement) -> Iterator[str]:
    """Common table expressions that call themselves."""
    return (shown(node) for node in statement.nodes(exp.With) if node.args.get("recursive"))


def star_modifiers(statement: Statement) -> Iterator[str]:
    """A star that leaves out, replaces, renames or matches columns."""
    for node in statement.nodes(exp.Star):
        if any(node.args.get(name) for name in ("except_", "replace", "rename", "ilike")):
            yield shown(node)
    yield from (shown(node) for node in statement.nodes(exp.Columns))


def double_quoted(statement: Statement) -> Iterator[str]:
    """Double quotes hold an identifier on DuckDB, and text on Spark."""
    for token in sqlglot.tokenize(statement.sql, read="duckdb"):
        if token.token_type == TokenType.IDENTIFIER:
            yield f'"{token.text}"'


def short_casts(statement: Statement) -> Iterator[str]:
    """The cast of DuckDB and PostgreSQL."""
    for token in sqlglot.tokenize(statement.sql, read="duckdb"):
        if token.token_type == TokenType.DCOLON:
            yield f"line {token.line}: ::"


def clock(statement: Statement) -> Iterator[str]:
    """Functions that ask the wall clock; a column may bear such a name only with its table."""
    tokens = sqlglot.tokenize(statement.sql, read="duckdb")
    for place, token in enumerate(tokens):
        before = tokens[place - 1].text.lower() if place else ""
        if token.token_type == TokenType.STRING or before in {".", "as"}:
            continue
        called = place + 1 < len(tokens) and tokens[place + 1].token_type == TokenType.L_PAREN
        if token.text.lower() in CLOCK and (called or token.text.lower().startswith("current_")):
            yield f"line {token.line}: {token.text}"


def time_zone_operators(statement: Statement) -> Iterator[str]:
    """The operator itself; sqlglot has one node for it and for Spark's function."""
    tokens = [token.text.lower() for token in sqlglot.tokenize(statement.sql, read="duckdb")]
    if ("at", "time", "zone") in zip(tokens, tokens[1:], tokens[2:], strict=False):
        yield "at time zone"


def unknown_functions(statement: Statement) -> Iterator[str]:
    """Functions that sqlglot's Spark does not know."""
    return (f"{node.name}(…)" for node in statement.nodes(exp.Anonymous))


def percentiles_of_decimals(statement: Statement) -> Iterator[str]:
    """Percentiles over something that is not cast to double."""
    kinds = (exp.PercentileCont, exp.PercentileDisc, exp.Median, exp.Quantile)
    for node in statement.nodes(*kinds):
        around = node.find_ancestor(exp.WithinGroup, exp.Select)
        holder = around if isinstance(around, exp.WithinGroup) else node
        casts = holder.find_all(exp.Cast, exp.TryCast)
        if not any(cast.to.this == exp.DataType.Type.DOUBLE for cast in casts):
            yield shown(holder)


def unguarded_divisions(statement: Statement) -> Iterator[str]:
    """Divisions, whole or not, by what may be 0."""
    allowed = NEVER_ZERO.get(statement.name, {})
    for node in statement.nodes(exp.Div, exp.IntDiv, exp.Mod):
        denominator = node.args["expression"]
        if not _cannot_be_zero(denominator, node) and shown(_bare(denominator)) not in allowed:
            yield f"/ {shown(_bare(denominator))}"


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    return node


def _cannot_be_zero(denominator: exp.Expr, division: exp.Expr) -> bool:
    bare = _bare(denominator)
    if isinstance(bare, exp.Cast | exp.TryCast) and _cannot_be_zero(bare.this, division):
        return True
    if isinstance(bare, exp.Literal):
        return float(bare.name) != 0
    if isinstance(bare, exp.Mul):
        return all(_cannot_be_zero(part, division) for part in (bare.this, bare.expression))
    if isinstance(bare, exp.Window) and isinstance(bare.this, exp.Count):
        return isinstance(bare.this.this, exp.Star)  # a window holds at least its own row
    return isinstance(bare, exp.Nullif) or _is_guarded(bare, division)


def _is_guarded(denominator: exp.Expr, division: exp.Expr) -> bool:
    """True inside a branch of a case that demands a denominator above, below or other than 0."""
    wanted = denominator.sql()
    node: exp.Expr | None = division
    while node is not None:
        if isinstance(node.parent, exp.If) and node.arg_key == "true":
            demands = [part.unnest() for part in node.parent.this.flatten()]
            demands = demands if isinstance(node.parent.this, exp.And) else [node.parent.this]
            if any(_keeps_zero_out(demand.unnest(), wanted) for demand in demands):
                return True
        node = node.parent
    return False


def _keeps_zero_out(demand: exp.Expr, wanted: str) -> bool:
    if not isinstance(demand, exp.GT | exp.NEQ | exp.LT):
        return False
    left, right = demand.this, demand.expression
    return _bare(left).sql() == wanted and isinstance(right, exp.Literal) and right.name == "0"


def lateral_aliases(statement: Statement) -> Iterator[str]:
    """Items of a select that use another item's alias instead of a column of what is selected from.

    Where the columns of a single relation are not known (tables that extraction writes), the alias
    may be such a column, and is let pass.
    """
    for tree in statement.trees:
        for scope in traverse_scope(tree):
            if isinstance(scope.expression, exp.Select):
                yield from _lateral_aliases(scope, statement.relations)


def _lateral_aliases(scope: Scope, relations: Relations) -> Iterator[str]:
    select = scope.expression
    aliases = {item.alias for item in select.selects if isinstance(item, exp.Alias)}
    known = [_source_columns(source, relations) for _, source in scope.selected_sources.values()]
    if known == [None]:
        return
    columns = {name for part in known for name in part or ()}
    for item in select.selects:
        for column in item.find_all(exp.Column):
            if column.table or column.name not in aliases or column.name in columns:
                continue
            if column.find_ancestor(exp.Select) is select:
                yield f"{column.name} in {shown(item)}"


def output_columns(statement: Statement) -> Columns | None:
    """The columns that a query yields, in order; None where a star hides them."""
    scopes = traverse_scope(statement.trees[0])
    return _scope_columns(scopes[-1], statement.relations)


def _scope_columns(scope: Scope, relations: Relations) -> Columns | None:
    if isinstance(scope.expression, exp.SetOperation):
        return _scope_columns(scope.set_operation_scopes[0], relations)
    names: list[str] = []
    for item in scope.expression.selects:
        if not item.is_star:
            names.append(item.alias_or_name)
            continue
        table = item.table if isinstance(item, exp.Column) else ""
        for name, (_, source) in scope.selected_sources.items():
            if table in ("", name):
                columns = _source_columns(source, relations)
                if columns is None:
                    return None
                names += columns
    return tuple(names)


def _source_columns(source: exp.Expr | Scope, relations: Relations) -> Columns | None:
    if isinstance(source, Scope):
        return _scope_columns(source, relations)
    if isinstance(source, exp.Table):
        return relations.get(f"{source.db}.{source.name}")
    return None


SPARK_SYNTAX = Rule(
    name="spark_syntax",
    example="select * from deals select",
    reason="every compiled model and test is one query that Spark's parser understands",
    remedy="select * from deals",
    find=is_parsed,
)

RULES = (
    Rule(
        name="no_qualify",
        example="select rep from deals qualify row_number() over (order by rep) = 1",
        reason="Spark has no qualify",
        remedy="select rep from (select rep, row_number() over (order by rep) as place from deals)"
        " as placed where place = 1",
        find=of_kind(exp.Qualify),
    ),
    Rule(
        name="no_group_by_all",
        example="select rep, sum(amount) as amount from deals group by all",
        reason="grouping by all changes its meaning when a column is added",
        remedy="select rep, sum(amount) as amount from deals group by rep",
        find=group_by_all,
    ),
    Rule(
        name="no_pivot",
        example="select * from deals pivot (sum(amount) for stage in ('Won'))",
        reason="the engines spell it differently, and its columns depend on the data",
        remedy="select sum(case when stage = 'Won' then amount end) as won_amount from deals",
        find=of_kind(exp.Pivot),
    ),
    Rule(
        name="no_recursion",
        example="with recursive tree as (select 1 as node) select node from tree",
        reason="not every Spark has recursive queries; chains and trees go by pointer jumping",
        remedy="with tree as (select 1 as node) select node from tree",
        find=recursive,
    ),
    Rule(
        name="no_lateral_alias",
        example="select amount * 2 as doubled, doubled + 1 as more from deals",
        reason="an alias used beside its definition means different things on different engines",
        remedy="with sums as (select amount * 2 as doubled from deals) select doubled, doubled + 1"
        " as more from sums",
        find=lateral_aliases,
    ),
    Rule(
        name="no_star_modifier",
        example="select * exclude (amount) from deals",
        reason="Spark has no such star, and what is left out is not seen in a review",
        remedy="select rep, stage from deals",
        find=star_modifiers,
    ),
    Rule(
        name="no_double_quotes",
        example='select amount as "Amount" from deals',
        reason="Spark reads double quotes as text: the column becomes a constant, in silence",
        remedy="select amount as amount from deals",
        find=double_quoted,
    ),
    Rule(
        name="no_short_cast",
        example="select amount::double as amount from deals",
        reason="`::` is not Spark's",
        remedy="select cast(amount as double) as amount from deals",
        find=short_casts,
    ),
    Rule(
        name="no_wall_clock",
        example="select rep from deals where closed_on < current_date",
        reason="time comes from the data: the same lake gives the same mart on any day",
        remedy="select deals.rep from deals cross join context where deals.closed_on <="
        " context.as_of_on",
        find=clock,
    ),
    Rule(
        name="no_time_zone_operator",
        example="select closed_at at time zone 'UTC' as closed_at from deals",
        reason="Spark has no `at time zone`; a day is made from a moment in one place",
        remedy="select to_date(from_utc_timestamp(closed_at, 'UTC')) as closed_on from deals"
        " (in a model: the macro local_date)",
        find=time_zone_operators,
    ),
    Rule(
        name="no_unknown_function",
        example="select list_aggregate_of_ours(amount) as amount from deals",
        reason="sqlglot's Spark does not know the function: it is DuckDB's alone",
        remedy="select sum(amount) as amount from deals",
        find=unknown_functions,
    ),
    Rule(
        name="percentile_of_double",
        example="select percentile_cont(0.5) within group (order by amount) as middle from deals",
        reason="percentiles of decimals are rounded differently on the engines",
        remedy="select percentile_cont(0.5) within group (order by cast(amount as double)) as"
        " middle from deals",
        find=percentiles_of_decimals,
    ),
    Rule(
        name="guarded_division",
        example="select won / closed as win_rate from deals",
        reason="a division by 0 is NULL on one engine, an error or infinity on another",
        remedy="select won / nullif(closed, 0) as win_rate from deals",
        find=unguarded_divisions,
    ),
)
