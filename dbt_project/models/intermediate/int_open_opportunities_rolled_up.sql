{{
    roll_up('open_opportunities', ref('fct_opportunities'), ref('dim_dates'), ref('int_periods'))
}}
