-- What a month adds to the history of later months, so that those need not read whole results.
ALTER TABLE results ADD COLUMN history jsonb;

-- Further ids of a visit: an order that came for a visit which the desk had received.
CREATE TABLE visit_sources (
    tenant_id bigint NOT NULL,
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 64),
    source_visit_id text NOT NULL CHECK (length(source_visit_id) BETWEEN 1 AND 64),
    visit_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    PRIMARY KEY (tenant_id, source, source_visit_id),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits
);
SELECT protect_tenant_table('visit_sources', 'SELECT, INSERT');
