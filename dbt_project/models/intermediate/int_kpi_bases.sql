with bases as (

    {{ kpi_bases() }}

)

select distinct
    kpi,
    statistic,
    scopes,
    semantic_model,
    measure,
    aggregate,
    expression,
    fact,
    dated_on,
    region,
    team,
    reads,
    base_period,
    adds_up,
    is_semi_additive
from bases
