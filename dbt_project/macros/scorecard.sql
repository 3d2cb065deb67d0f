{# A wide scorecard: one row per grain, period and member of a scope, with a column per KPI and its
   prior value. Text of the columns comes from `kpis`, the KPIs that the scorecard shows. #}
{% macro scorecard(values, scope, kpis) -%}
select
    grain,
    period_start,
    period_end,
    {%- if scope != 'company' %}
    member as {{ scope }},
    {%- endif %}
    {%- for kpi in kpis %}
    max(case when kpi = '{{ kpi }}' then value end) as {{ kpi }},
    max(case when kpi = '{{ kpi }}' then prior_value end) as {{ kpi }}_prior,
    {%- endfor %}
    max(case when kpi = 'revenue' then target end) as revenue_target,
    bool_and(is_complete) as is_complete
from {{ values }}
where scope = '{{ scope }}'
group by
    grain,
    period_start,
    period_end
    {%- if scope != 'company' %},
    member
    {%- endif %}
{%- endmacro %}
