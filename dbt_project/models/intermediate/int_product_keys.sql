{{ entity_keys(ref('int_products_versions'), 'product_key', 'product_id', 'product_name') }}
