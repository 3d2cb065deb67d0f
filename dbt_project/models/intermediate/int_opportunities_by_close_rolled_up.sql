{{
    roll_up('opportunities_by_close', ref('fct_opportunities'), ref('dim_dates'), ref('int_periods'))
}}
