{{
    roll_up('credits_by_close', ref('fct_opportunity_credits'), ref('dim_dates'), ref('int_periods'))
}}
