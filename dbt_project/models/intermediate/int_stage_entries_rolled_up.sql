{{
    roll_up('stage_entries', ref('fct_stage_visits'), ref('dim_dates'), ref('int_periods'))
}}
