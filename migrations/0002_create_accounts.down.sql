drop table audit_log, idempotency_keys, cached_shopify_data, linked_accounts, tenant_keys, user_preferences, users;
