{{ record_versions('products', 'product_key') }}
