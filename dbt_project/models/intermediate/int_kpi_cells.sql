{{
    kpi_cells(
        {
            'opportunities_by_close': ref('int_opportunities_by_close_rolled_up'),
            'opportunities_by_creation': ref('int_opportunities_by_creation_rolled_up'),
            'open_opportunities': ref('int_open_opportunities_rolled_up'),
            'lines_by_close': ref('int_lines_by_close_rolled_up'),
            'credits_by_close': ref('int_credits_by_close_rolled_up'),
            'leads_by_creation': ref('int_leads_by_creation_rolled_up'),
            'leads_by_qualification': ref('int_leads_by_qualification_rolled_up'),
            'stage_entries': ref('int_stage_entries_rolled_up'),
            'activities_by_occurrence': ref('int_activities_by_occurrence_rolled_up'),
            'meetings_by_booking': ref('int_meetings_by_booking_rolled_up'),
            'enrolments_by_first_mail': ref('int_enrolments_by_first_mail_rolled_up'),
            'quotas': ref('int_quotas_rolled_up'),
        },
        ref('int_periods'),
        ref('int_object_coverage'),
    )
}}
