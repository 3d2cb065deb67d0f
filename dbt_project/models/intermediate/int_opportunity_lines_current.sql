with versions as (

    {{ record_versions('opportunity_lines', 'line_key') }}

)

select * from versions where is_current and not is_removed
