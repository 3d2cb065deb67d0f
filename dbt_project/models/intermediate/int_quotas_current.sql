{{ current_records('quotas', 'quota_key') }}
