-- Idempotency, jobs, audit trail, outbox.

-- The first answer to a keyed request, stored with its effect.
CREATE TABLE idempotency_keys (
    tenant_id bigint NOT NULL REFERENCES tenants,
    route text NOT NULL CHECK (length(route) BETWEEN 1 AND 100),
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    body_hash bytea NOT NULL CHECK (length(body_hash) = 32),
    status smallint NOT NULL CHECK (status BETWEEN 100 AND 599),
    answer jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, route, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (tenant_id, recorded_at);
SELECT protect_tenant_table('idempotency_keys', 'SELECT, INSERT, DELETE');

-- Work to be done after a commit. due_at = when it may be claimed: the start of a ready job, the end of the
-- lease of a running one.
CREATE TABLE jobs (
    tenant_id bigint NOT NULL REFERENCES tenants,
    job_id uuid NOT NULL,
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    payload jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('ready', 'running', 'done', 'dead')),
    priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 9),
    due_at timestamptz NOT NULL,
    attempts int NOT NULL CHECK (attempts >= 0),
    attempts_max int NOT NULL CHECK (attempts_max BETWEEN 1 AND 100),
    worker text CHECK (length(worker) BETWEEN 1 AND 100),
    last_error text CHECK (length(last_error) <= 1000),
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, job_id),
    CHECK ((state IN ('done', 'dead')) = (finished_at IS NOT NULL))
);
-- One job of a kind and key waits at a time; a running one may be followed by one that waits.
CREATE UNIQUE INDEX jobs_waiting_key ON jobs (tenant_id, kind, key) WHERE state = 'ready';
CREATE INDEX jobs_due ON jobs (tenant_id, priority, due_at, job_id) WHERE state IN ('ready', 'running');
CREATE INDEX jobs_finished ON jobs (tenant_id, state, finished_at) WHERE state IN ('done', 'dead');
SELECT protect_tenant_table('jobs', 'SELECT, INSERT, DELETE, UPDATE (state, due_at, attempts, worker, last_error,
    finished_at)');
GRANT SELECT, UPDATE (state, due_at, attempts, worker, last_error, finished_at) ON jobs TO tensu_gate;
CREATE POLICY gate ON jobs TO tensu_gate USING (true) WITH CHECK (true);

-- Claims due jobs, taking turns between tenants: the first of every tenant, then the second …
-- A job whose lease ended is claimed again, or is dead when it has no attempt left. Answers ids only.
CREATE FUNCTION gate_claim_jobs(claimer text, at timestamptz, lease interval, row_limit int)
RETURNS TABLE (tenant_id bigint, job_id uuid, attempts int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE jobs AS spent SET state = 'dead', finished_at = at, last_error = 'lease ended, no attempt left'
    FROM (
        SELECT j.tenant_id, j.job_id FROM jobs j
        WHERE j.state = 'running' AND j.due_at <= at AND j.attempts >= j.attempts_max
        ORDER BY j.tenant_id, j.job_id LIMIT row_limit FOR UPDATE SKIP LOCKED
    ) AS ended
    WHERE spent.tenant_id = ended.tenant_id AND spent.job_id = ended.job_id;

    RETURN QUERY
    WITH candidate AS (
        SELECT due.tenant_id, due.job_id, due.due_at, due.turn
        FROM tenants t CROSS JOIN LATERAL (
            SELECT first.tenant_id, first.job_id, first.due_at,
                row_number() OVER (ORDER BY first.priority, first.due_at, first.job_id) AS turn
            FROM (
                SELECT j.tenant_id, j.job_id, j.priority, j.due_at FROM jobs j
                WHERE j.tenant_id = t.tenant_id AND j.state IN ('ready', 'running') AND j.due_at <= at
                    AND j.attempts < j.attempts_max
                ORDER BY j.priority, j.due_at, j.job_id LIMIT row_limit
                FOR UPDATE SKIP LOCKED
            ) AS first
        ) AS due
        ORDER BY due.turn, due.due_at, due.tenant_id LIMIT row_limit
    )
    UPDATE jobs AS taken SET state = 'running', worker = claimer, due_at = at + lease, attempts = taken.attempts + 1
    FROM candidate c
    WHERE taken.tenant_id = c.tenant_id AND taken.job_id = c.job_id
    RETURNING taken.tenant_id, taken.job_id, taken.attempts;
END
$$;
GRANT CREATE ON SCHEMA public TO tensu_gate;
ALTER FUNCTION gate_claim_jobs(text, timestamptz, interval, int) OWNER TO tensu_gate;
REVOKE CREATE ON SCHEMA public FROM tensu_gate;
REVOKE ALL ON FUNCTION gate_claim_jobs(text, timestamptz, interval, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_claim_jobs(text, timestamptz, interval, int) TO tensu_app;

-- 監査証跡: who did or saw what. hash = SHA-256 over the row and the hash before it. Texts, not jsonb: the
-- bytes that were hashed are the bytes that are kept.
CREATE TABLE audit_events (
    tenant_id bigint NOT NULL REFERENCES tenants,
    day date NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    action text NOT NULL CHECK (length(action) BETWEEN 1 AND 100),
    patient_id uuid,
    subject text CHECK (length(subject) <= 200),
    before_text text,
    after_text text,
    origin text CHECK (length(origin) <= 200),
    reason text CHECK (length(reason) <= 400),
    previous_hash bytea NOT NULL CHECK (length(previous_hash) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, day, seq),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients
);
CREATE INDEX audit_events_patient ON audit_events (tenant_id, patient_id, recorded_at);
SELECT protect_tenant_table('audit_events', 'SELECT, INSERT');

-- The end of each day's chain: what is missing at its end shows here.
CREATE TABLE audit_heads (
    tenant_id bigint NOT NULL REFERENCES tenants,
    day date NOT NULL,
    last_seq bigint NOT NULL CHECK (last_seq > 0),
    last_hash bytea NOT NULL CHECK (length(last_hash) = 32),
    PRIMARY KEY (tenant_id, day)
);
SELECT protect_tenant_table('audit_heads', 'SELECT, INSERT, UPDATE (last_seq, last_hash)');

-- Events for EMRs and screens, numbered without a gap in the order of their commits.
CREATE TABLE outbox_events (
    tenant_id bigint NOT NULL REFERENCES tenants,
    seq bigint NOT NULL CHECK (seq > 0),
    event_id uuid NOT NULL,
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    data jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, seq),
    UNIQUE (tenant_id, event_id)
);
CREATE INDEX outbox_events_age ON outbox_events (tenant_id, recorded_at);
SELECT protect_tenant_table('outbox_events', 'SELECT, INSERT, DELETE');
-- The number of the newest event, so that deleting old ones frees no number.
CREATE TABLE outbox_heads (
    tenant_id bigint NOT NULL REFERENCES tenants,
    last_seq bigint NOT NULL CHECK (last_seq > 0),
    PRIMARY KEY (tenant_id)
);
SELECT protect_tenant_table('outbox_heads', 'SELECT, INSERT, UPDATE (last_seq)');
