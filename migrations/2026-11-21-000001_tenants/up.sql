-- Tenants and their institutions; the rules every later table follows.
--
-- The roles tensu_app and tensu_gate must exist (crates/store/sql/roles.sql).

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO tensu_app, tensu_gate;
GRANT SELECT ON __diesel_schema_migrations TO tensu_app;

-- Puts a table under row-level security and grants the application role what is named.
-- After a transaction the setting reads as '', not NULL.
CREATE FUNCTION protect_tenant_table(target regclass, privileges text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format(
        'CREATE POLICY tenant ON %s '
        'USING (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), '''')::bigint) '
        'WITH CHECK (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), '''')::bigint)',
        target);
    EXECUTE format('GRANT %s ON %s TO tensu_app', privileges, target);
END
$$;
REVOKE ALL ON FUNCTION protect_tenant_table(regclass, text) FROM PUBLIC;

-- A clinic on this service. What it is called and offers is in institution_versions.
CREATE TABLE tenants (
    tenant_id bigint NOT NULL CHECK (tenant_id > 0),
    code text NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]{1,39}$'),
    first_receipt_number bigint NOT NULL DEFAULT 1 CHECK (first_receipt_number > 0),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL CHECK (length(created_by) BETWEEN 1 AND 100),
    PRIMARY KEY (tenant_id),
    UNIQUE (code)
);
SELECT protect_tenant_table('tenants', 'SELECT, INSERT');

-- Which tenant a login names, and which tenants a worker serves: ids only, through the gate role.
GRANT SELECT ON tenants TO tensu_gate;
CREATE POLICY gate ON tenants FOR SELECT TO tensu_gate USING (true);

CREATE FUNCTION gate_tenant_of_code(wanted text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT tenant_id FROM tenants WHERE code = wanted $$;

CREATE FUNCTION gate_tenants(after_tenant bigint, row_limit int) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT tenant_id FROM tenants WHERE tenant_id > after_tenant ORDER BY tenant_id LIMIT row_limit $$;

GRANT CREATE ON SCHEMA public TO tensu_gate;
ALTER FUNCTION gate_tenant_of_code(text) OWNER TO tensu_gate;
ALTER FUNCTION gate_tenants(bigint, int) OWNER TO tensu_gate;
REVOKE CREATE ON SCHEMA public FROM tensu_gate;
REVOKE ALL ON FUNCTION gate_tenant_of_code(text), gate_tenants(bigint, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_tenant_of_code(text), gate_tenants(bigint, int) TO tensu_app;

-- The institution (医療機関) in versions; a version carries its standards, hours and closed days whole.
CREATE TABLE institution_versions (
    tenant_id bigint NOT NULL REFERENCES tenants,
    version int NOT NULL CHECK (version > 0),
    facility_code text NOT NULL CHECK (facility_code ~ '^[0-9]{10}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    address text NOT NULL CHECK (length(address) <= 400),
    phone text NOT NULL CHECK (length(phone) <= 40),
    is_demo boolean NOT NULL,
    kind text NOT NULL CHECK (kind IN ('clinic', 'hospital')),
    beds int NOT NULL CHECK (beds >= 0),
    departments jsonb NOT NULL,
    facts jsonb NOT NULL,
    claim_switches jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, version)
);
SELECT protect_tenant_table('institution_versions', 'SELECT, INSERT');

-- 施設基準 accepted for a time.
CREATE TABLE facility_standards (
    tenant_id bigint NOT NULL,
    version int NOT NULL,
    position int NOT NULL CHECK (position >= 0),
    standard_code text NOT NULL CHECK (standard_code ~ '^[0-9]{4}$'),
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to >= valid_from),
    PRIMARY KEY (tenant_id, version, position),
    FOREIGN KEY (tenant_id, version) REFERENCES institution_versions
);
SELECT protect_tenant_table('facility_standards', 'SELECT, INSERT');

-- 診療時間: posted hours of a weekday, 0 Sunday to 6 Saturday, in minutes after midnight.
CREATE TABLE opening_hours (
    tenant_id bigint NOT NULL,
    version int NOT NULL,
    position int NOT NULL CHECK (position >= 0),
    weekday smallint NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    opens_minute smallint NOT NULL CHECK (opens_minute BETWEEN 0 AND 1439),
    closes_minute smallint NOT NULL CHECK (closes_minute BETWEEN 0 AND 1439),
    valid_from date,
    PRIMARY KEY (tenant_id, version, position),
    FOREIGN KEY (tenant_id, version) REFERENCES institution_versions
);
SELECT protect_tenant_table('opening_hours', 'SELECT, INSERT');

-- 休診日 beside the weekly hours and national holidays.
CREATE TABLE closed_days (
    tenant_id bigint NOT NULL,
    version int NOT NULL,
    closed_on date NOT NULL,
    PRIMARY KEY (tenant_id, version, closed_on),
    FOREIGN KEY (tenant_id, version) REFERENCES institution_versions
);
SELECT protect_tenant_table('closed_days', 'SELECT, INSERT');
