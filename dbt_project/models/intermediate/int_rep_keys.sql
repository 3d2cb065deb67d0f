{{ entity_keys(ref('int_users_versions'), 'rep_key', 'user_id', 'user_name') }}
