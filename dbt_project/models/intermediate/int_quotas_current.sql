with versions as (

    {{ record_versions('quotas', 'quota_key') }}

)

select * from versions where is_current and not is_removed
