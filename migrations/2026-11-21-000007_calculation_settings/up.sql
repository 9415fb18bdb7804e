-- Which calculation module a clinic uses, and where two modules answered differently.

-- In versions; the highest holds. Without one the embedded engine computes.
CREATE TABLE calculation_settings (
    tenant_id bigint NOT NULL REFERENCES tenants,
    version int NOT NULL CHECK (version > 0),
    mode text NOT NULL CHECK (mode IN ('embedded', 'module', 'module_with_fallback')),
    is_shadowed boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, version)
);
SELECT protect_tenant_table('calculation_settings', 'SELECT, INSERT');

-- A stored result held against the answer of the other module to the same request: because it was provisional, or
-- in the shadow. difference_count counts what was found; at most 1,000 are kept.
CREATE TABLE calculation_comparisons (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    version int NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('provisional', 'shadow')),
    outcome text NOT NULL CHECK (outcome IN ('same', 'different', 'refused')),
    difference_count int NOT NULL CHECK (difference_count >= 0),
    due_embedded_yen bigint,
    due_module_yen bigint,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, patient_id, month, version, purpose),
    FOREIGN KEY (tenant_id, patient_id, month, version) REFERENCES results,
    CHECK ((outcome = 'same') = (difference_count = 0))
);
CREATE INDEX calculation_comparisons_age ON calculation_comparisons (tenant_id, recorded_at);
SELECT protect_tenant_table('calculation_comparisons', 'SELECT, INSERT');

CREATE TABLE calculation_differences (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    month date NOT NULL,
    version int NOT NULL,
    purpose text NOT NULL,
    position int NOT NULL CHECK (position >= 0),
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    visit_reference text CHECK (length(visit_reference) BETWEEN 1 AND 64),
    subject text NOT NULL CHECK (length(subject) <= 400),
    rules text[] NOT NULL,
    said_embedded text CHECK (length(said_embedded) <= 400),
    said_module text CHECK (length(said_module) <= 400),
    PRIMARY KEY (tenant_id, patient_id, month, version, purpose, position),
    FOREIGN KEY (tenant_id, patient_id, month, version, purpose) REFERENCES calculation_comparisons
);
SELECT protect_tenant_table('calculation_differences', 'SELECT, INSERT');
