with versions as (

    {{ record_versions('deal_splits', 'split_key') }}

)

select * from versions where is_current and not is_removed
