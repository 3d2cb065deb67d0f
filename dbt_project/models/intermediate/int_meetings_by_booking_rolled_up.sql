{{
    roll_up('meetings_by_booking', ref('fct_activities'), ref('dim_dates'), ref('int_periods'))
}}
