{{
    roll_up('opportunities_by_creation', ref('fct_opportunities'), ref('dim_dates'), ref('int_periods'))
}}
