{{ current_records('contacts', 'contact_key') }}
