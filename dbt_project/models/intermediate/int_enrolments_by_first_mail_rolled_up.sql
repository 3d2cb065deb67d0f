{{
    roll_up('enrolments_by_first_mail', ref('fct_sequence_enrolments'), ref('dim_dates'), ref('int_periods'))
}}
