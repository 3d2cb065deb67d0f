{{ survivors(ref('int_accounts_versions'), 'account_key') }}
