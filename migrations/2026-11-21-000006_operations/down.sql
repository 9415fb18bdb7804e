DROP TABLE outbox_heads, outbox_events, audit_heads, audit_events;
DROP FUNCTION gate_claim_jobs(text, timestamptz, interval, int);
DROP TABLE jobs, idempotency_keys;
