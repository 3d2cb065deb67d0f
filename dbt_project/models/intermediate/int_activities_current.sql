{{ current_records('activities', 'activity_key') }}
