{{ record_versions('accounts', 'account_key', merges=true) }}
