{{
    roll_up('lines_by_close', ref('fct_opportunity_lines'), ref('dim_dates'), ref('int_periods'))
}}
