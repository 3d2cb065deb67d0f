{# Makes the table function kpis.pipeline_waterfall(opening_day, closing_day, dated_since, dated_before),
   so that a reader of the published file gets the waterfall between any two days. DuckDB only, where a
   parameter must not bear a column's name: readers of
   Spark's tables have no such function, and `kpi_pipeline_waterfall` for the calendar's periods. #}
{% macro pipeline_waterfall_function(states, rates, wins) -%}
    {{ return(adapter.dispatch('pipeline_waterfall_function', 'kpimart')(states, rates, wins)) }}
{%- endmacro %}

{% macro default__pipeline_waterfall_function(states, rates, wins) -%}
    create or replace macro kpis.pipeline_waterfall(
        opening_day, closing_day, dated_since, dated_before
    ) as table
    with asked as (

        select
            cast(opening_day as date) as from_on,
            cast(closing_day as date) as to_on,
            cast(dated_since as date) as dated_from_on,
            cast(dated_before as date) as dated_to_on,
            true as has_reps

    )

    select * from (
        {{ pipeline_waterfall(
            'asked',
            ['from_on', 'to_on', 'dated_from_on', 'dated_to_on'],
            states.include(database=false),
            rates.include(database=false),
            wins.include(database=false),
        ) }}
    ) as waterfall
{%- endmacro %}

{% macro spark__pipeline_waterfall_function(states, rates, wins) -%}
{%- endmacro %}
