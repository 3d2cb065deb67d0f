{# Reads the metric spec (dbt semantic models and metrics) from `graph`. The roll-up and the KPI rows are
   generated from what these return, so that a formula is written once, in models/metrics. `graph` is
   filled only while dbt executes: callers guard with `execute`. #}

{% macro spec_semantic_model(name) -%}
    {%- set found = graph.semantic_models.get('semantic_model.' ~ project_name ~ '.' ~ name) -%}
    {%- if not found -%}
        {{ exceptions.raise_compiler_error("the metric spec has no semantic model " ~ name) }}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{% macro spec_metric(name) -%}
    {%- set found = graph.metrics.get('metric.' ~ project_name ~ '.' ~ name) -%}
    {%- if not found -%}
        {{ exceptions.raise_compiler_error("the metric spec has no metric " ~ name) }}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# The metrics that are KPIs, by name: those that carry `config.meta.kpimart`. #}
{% macro spec_kpis() -%}
    {%- set kpis = [] -%}
    {%- for metric in graph.metrics.values() | sort(attribute='name') if metric.config.meta.get('kpimart') -%}
        {%- do kpis.append(metric) -%}
    {%- endfor -%}
    {{ return(kpis) }}
{%- endmacro %}

{# The KPIs that a model computes because the spec cannot say them: entries of the model's
   `config.meta.kpimart_kpis`, of the same form as a metric's `config.meta.kpimart`. #}
{% macro modelled_kpis() -%}
    {%- set kpis = [] -%}
    {%- for node in graph.nodes.values() | sort(attribute='name') if node.resource_type == 'model' -%}
        {%- for kpi in node.config.meta.get('kpimart_kpis', []) -%}
            {%- do kpis.append(kpi) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(kpis) }}
{%- endmacro %}

{# The simple metrics that a metric is made of, in the order of its formula. #}
{% macro spec_inputs(metric) -%}
    {%- if metric.type == 'simple' -%}
        {{ return([metric]) }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- if metric.type == 'ratio' -%}
        {%- set names = [metric.type_params.numerator.name, metric.type_params.denominator.name] -%}
    {%- else -%}
        {%- set names = metric.type_params['metrics'] | map(attribute='name') | list -%}
    {%- endif -%}
    {%- for name in names -%}
        {%- do parts.extend(spec_inputs(spec_metric(name))) -%}
    {%- endfor -%}
    {{ return(parts) }}
{%- endmacro %}

{# The semantic model whose dates and completeness a metric follows: that of its first input. #}
{% macro spec_basis(metric) -%}
    {%- set first = spec_inputs(metric)[0] -%}
    {{ return(graph.semantic_models[first.depends_on.nodes[0]]) }}
{%- endmacro %}

{# The semantic models that a metric reads, each once. #}
{% macro spec_bases(metric) -%}
    {%- set names = [] -%}
    {%- for input in spec_inputs(metric) -%}
        {%- do names.append(graph.semantic_models[input.depends_on.nodes[0]].name) -%}
    {%- endfor -%}
    {{ return(names | unique | list) }}
{%- endmacro %}

{# SQL for a metric's value over a relation with one column per measure. #}
{% macro metric_value(metric) -%}
    {%- if metric.type == 'simple' -%}
        {{ return('cast(' ~ metric.type_params.measure.name ~ ' as double)') }}
    {%- elif metric.type == 'ratio' -%}
        {%- set top = metric_value(spec_metric(metric.type_params.numerator.name)) -%}
        {%- set bottom = metric_value(spec_metric(metric.type_params.denominator.name)) -%}
        {{ return('case when ' ~ bottom ~ ' > 0 then ' ~ top ~ ' / ' ~ bottom ~ ' end') }}
    {%- elif metric.type == 'derived' -%}
        {%- set sql = namespace(text=metric.type_params.expr) -%}
        {%- for part in metric.type_params['metrics'] -%}
            {%- set word = '\\b' ~ (part.alias or part.name) ~ '\\b' -%}
            {%- set value = '(' ~ metric_value(spec_metric(part.name)) ~ ')' -%}
            {%- set sql.text = modules.re.sub(word, value, sql.text) -%}
        {%- endfor -%}
        {{ return(sql.text) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error(metric.name ~ ": a " ~ metric.type ~ " metric is outside the house subset") }}
{%- endmacro %}

{% macro grains() -%}
    {{ return(['week', 'month', 'quarter', 'year']) }}
{%- endmacro %}
