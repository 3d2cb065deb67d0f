{{ kpi_rows(ref('int_kpi_cells')) }}
