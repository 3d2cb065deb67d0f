{{
    kpi_cells(
        {
            'opportunities_by_close': ref('int_opportunities_by_close_rolled_up'),
            'opportunities_by_creation': ref('int_opportunities_by_creation_rolled_up'),
            'open_opportunities': ref('int_open_opportunities_rolled_up'),
            'lines_by_close': ref('int_lines_by_close_rolled_up'),
            'credits_by_close': ref('int_credits_by_close_rolled_up'),
            'quotas': ref('int_quotas_rolled_up'),
        },
        ref('int_periods'),
        ref('int_object_coverage'),
    )
}}
