-- Visits, what was ordered for them, and what the calculation answered.

-- 受診: what never changes. source = desk, or the API client that sent it with its own id.
CREATE TABLE visits (
    tenant_id bigint NOT NULL,
    visit_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    reference text NOT NULL CHECK (length(reference) BETWEEN 1 AND 64),
    visit_date date NOT NULL,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 64),
    source_visit_id text NOT NULL CHECK (length(source_visit_id) BETWEEN 1 AND 64),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL CHECK (length(created_by) BETWEEN 1 AND 100),
    PRIMARY KEY (tenant_id, visit_id),
    UNIQUE (tenant_id, patient_id, reference),
    UNIQUE (tenant_id, source, source_visit_id),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients
);
CREATE INDEX visits_day ON visits (tenant_id, visit_date, visit_id);
CREATE INDEX visits_patient ON visits (tenant_id, patient_id, visit_date);
SELECT protect_tenant_table('visits', 'SELECT, INSERT');

-- The state of a visit at the desk: the row with the highest step holds.
CREATE TABLE visit_states (
    tenant_id bigint NOT NULL,
    visit_id uuid NOT NULL,
    step int NOT NULL CHECK (step > 0),
    state text NOT NULL CHECK (state IN ('booked', 'waiting', 'in_exam', 'awaiting_payment', 'on_hold', 'paid',
        'paid_later', 'cancelled')),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, visit_id, step),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits
);
SELECT protect_tenant_table('visit_states', 'SELECT, INSERT');

-- オーダー in versions. (revision, edit) orders them: revision counts what the source sent, edit what the desk
-- changed on top of it. The highest holds, in whatever order they came.
CREATE TABLE order_documents (
    tenant_id bigint NOT NULL,
    visit_id uuid NOT NULL,
    revision int NOT NULL CHECK (revision >= 0),
    edit int NOT NULL CHECK (edit >= 0),
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 64),
    is_cancelled boolean NOT NULL,
    content jsonb,
    content_hash bytea NOT NULL CHECK (length(content_hash) = 32),
    supersedes_revision int,
    supersedes_edit int,
    received_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, visit_id, revision, edit),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits,
    FOREIGN KEY (tenant_id, visit_id, supersedes_revision, supersedes_edit) REFERENCES order_documents,
    CHECK (revision > 0 OR edit > 0),
    CHECK (is_cancelled = (content IS NULL)),
    CHECK ((supersedes_revision IS NULL) = (supersedes_edit IS NULL))
);
SELECT protect_tenant_table('order_documents', 'SELECT, INSERT');

-- 算定結果 of one patient's month, in versions.
CREATE TABLE results (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    version int NOT NULL CHECK (version > 0),
    result_id text NOT NULL CHECK (length(result_id) BETWEEN 1 AND 100),
    engine text NOT NULL CHECK (length(engine) BETWEEN 1 AND 100),
    engine_version text NOT NULL CHECK (length(engine_version) BETWEEN 1 AND 100),
    master_release text NOT NULL CHECK (length(master_release) <= 200),
    is_provisional boolean NOT NULL,
    is_open boolean NOT NULL,
    request_hash bytea NOT NULL CHECK (length(request_hash) = 32),
    points bigint NOT NULL,
    due_yen bigint NOT NULL,
    response jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, patient_id, month, version),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients
);
CREATE INDEX results_month ON results (tenant_id, month, patient_id, version);
SELECT protect_tenant_table('results', 'SELECT, INSERT');
