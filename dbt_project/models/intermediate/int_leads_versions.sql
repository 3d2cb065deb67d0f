{{ record_versions('leads', 'lead_key', merges=true) }}
