{{
    roll_up('leads_by_creation', ref('fct_leads'), ref('dim_dates'), ref('int_periods'))
}}
