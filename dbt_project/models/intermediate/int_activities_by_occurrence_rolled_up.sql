{{
    roll_up('activities_by_occurrence', ref('fct_activities'), ref('dim_dates'), ref('int_periods'))
}}
