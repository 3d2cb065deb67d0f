{{ record_versions('users', 'rep_key') }}
