{{
    entity_keys(
        ref('int_accounts_versions'), 'account_key', 'account_id', 'account_name',
        survivors=ref('int_account_survivors')
    )
}}
