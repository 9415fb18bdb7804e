-- Patients with payers, certificates and diagnoses. Every table of versions is only appended to:
-- the row with the highest version holds, a withdrawn one holds nothing.

-- 患者: what never changes. reference = the id the calculation and clinic documents use.
CREATE TABLE patients (
    tenant_id bigint NOT NULL REFERENCES tenants,
    patient_id uuid NOT NULL,
    reference text NOT NULL CHECK (length(reference) BETWEEN 1 AND 64),
    number text NOT NULL CHECK (number ~ '^[0-9A-Za-z-]{1,20}$'),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL CHECK (length(created_by) BETWEEN 1 AND 100),
    PRIMARY KEY (tenant_id, patient_id),
    UNIQUE (tenant_id, reference),
    UNIQUE (tenant_id, number)
);
SELECT protect_tenant_table('patients', 'SELECT, INSERT');

-- 患者 as known. kana_key = kana in katakana without spaces, compared by code point.
CREATE TABLE patient_versions (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    version int NOT NULL CHECK (version > 0),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    kana text NOT NULL CHECK (length(kana) <= 100),
    kana_key text COLLATE "C" NOT NULL CHECK (length(kana_key) <= 100),
    birth_date date NOT NULL,
    sex text NOT NULL CHECK (sex IN ('1', '2')),
    address text CHECK (length(address) <= 400),
    phone text CHECK (length(phone) <= 40),
    allergies text[] NOT NULL,
    declines_statement boolean NOT NULL,
    facts jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, patient_id, version),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients
);
CREATE INDEX patient_versions_kana ON patient_versions (tenant_id, kana_key, patient_id, version);
CREATE INDEX patient_versions_birth ON patient_versions (tenant_id, birth_date, kana_key, patient_id, version);
SELECT protect_tenant_table('patient_versions', 'SELECT, INSERT');

-- 保険.
CREATE TABLE coverages (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    coverage_ref text NOT NULL CHECK (length(coverage_ref) BETWEEN 1 AND 64),
    version int NOT NULL CHECK (version > 0),
    is_withdrawn boolean NOT NULL,
    insurer_number text NOT NULL CHECK (insurer_number ~ '^([0-9]{6}|[0-9]{8})$'),
    symbol text CHECK (length(symbol) <= 40),
    number text CHECK (length(number) <= 40),
    branch text CHECK (branch ~ '^[0-9]{2}$'),
    relationship text NOT NULL CHECK (relationship IN ('self', 'family')),
    burden_percent smallint NOT NULL CHECK (burden_percent BETWEEN 0 AND 100),
    valid_from date NOT NULL,
    valid_to date,
    on_duty_reason smallint CHECK (on_duty_reason BETWEEN 0 AND 9),
    certificate_number text CHECK (length(certificate_number) <= 3),
    reduction_kind smallint CHECK (reduction_kind BETWEEN 0 AND 9),
    reduction_percent smallint CHECK (reduction_percent BETWEEN 0 AND 100),
    reduction_yen bigint CHECK (reduction_yen >= 0),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, patient_id, coverage_ref, version),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients,
    CHECK (valid_to >= valid_from)
);
CREATE INDEX coverages_insurer ON coverages (tenant_id, insurer_number);
SELECT protect_tenant_table('coverages', 'SELECT, INSERT');

-- 公費.
CREATE TABLE subsidies (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    subsidy_ref text NOT NULL CHECK (length(subsidy_ref) BETWEEN 1 AND 64),
    version int NOT NULL CHECK (version > 0),
    is_withdrawn boolean NOT NULL,
    payer_number text NOT NULL CHECK (payer_number ~ '^[0-9]{8}$'),
    recipient_number text CHECK (length(recipient_number) BETWEEN 1 AND 30),
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to >= valid_from),
    monthly_cap_yen bigint CHECK (monthly_cap_yen >= 0),
    ticket_payment_yen bigint CHECK (ticket_payment_yen >= 0),
    programme text CHECK (length(programme) <= 100),
    local_rule jsonb,
    paid_elsewhere jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, patient_id, subsidy_ref, version),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients
);
SELECT protect_tenant_table('subsidies', 'SELECT, INSERT');

-- 限度額適用区分.
CREATE TABLE limit_classes (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    limit_ref text NOT NULL CHECK (length(limit_ref) BETWEEN 1 AND 64),
    version int NOT NULL CHECK (version > 0),
    is_withdrawn boolean NOT NULL,
    code text NOT NULL CHECK (code ~ '^[AB][0-9]{2}$'),
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to >= valid_from),
    is_multiple boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, patient_id, limit_ref, version),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients
);
SELECT protect_tenant_table('limit_classes', 'SELECT, INSERT');

-- 特定疾病療養受療証 (マル長).
CREATE TABLE specific_diseases (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    disease_ref text NOT NULL CHECK (length(disease_ref) BETWEEN 1 AND 64),
    version int NOT NULL CHECK (version > 0),
    is_withdrawn boolean NOT NULL,
    cap_yen bigint NOT NULL CHECK (cap_yen > 0),
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to >= valid_from),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, patient_id, disease_ref, version),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients
);
SELECT protect_tenant_table('specific_diseases', 'SELECT, INSERT');

-- 保険組合せ.
CREATE TABLE payer_sets (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    set_ref text NOT NULL CHECK (length(set_ref) BETWEEN 1 AND 64),
    version int NOT NULL CHECK (version > 0),
    is_withdrawn boolean NOT NULL,
    coverage_ref text CHECK (length(coverage_ref) BETWEEN 1 AND 64),
    subsidy_refs text[] NOT NULL CHECK (cardinality(subsidy_refs) <= 10),
    other_payer text CHECK (other_payer IN ('private', 'workAccident', 'trafficAccident')),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, patient_id, set_ref, version),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients
);
SELECT protect_tenant_table('payer_sets', 'SELECT, INSERT');

-- 傷病名.
CREATE TABLE diagnoses (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    diagnosis_ref text NOT NULL CHECK (length(diagnosis_ref) BETWEEN 1 AND 64),
    version int NOT NULL CHECK (version > 0),
    is_withdrawn boolean NOT NULL,
    code text NOT NULL CHECK (code ~ '^[0-9]{7}$'),
    uncoded_text text CHECK (length(uncoded_text) <= 100),
    modifiers text[] NOT NULL CHECK (cardinality(modifiers) <= 40),
    started_on date NOT NULL,
    ended_on date,
    outcome smallint CHECK (outcome BETWEEN 0 AND 9),
    is_main boolean NOT NULL,
    remark text CHECK (length(remark) <= 100),
    other_payer text CHECK (other_payer IN ('private', 'workAccident', 'trafficAccident')),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, patient_id, diagnosis_ref, version),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients
);
SELECT protect_tenant_table('diagnoses', 'SELECT, INSERT');

-- What earlier months claimed here before Tensu (移行した算定履歴).
CREATE TABLE patient_histories (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    version int NOT NULL CHECK (version > 0),
    content jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, patient_id, version),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients
);
SELECT protect_tenant_table('patient_histories', 'SELECT, INSERT');

-- What a clerk adds to a receipt (レセプト): comments, 症状詳記, 保留, 再請求.
CREATE TABLE receipt_notes (
    tenant_id bigint NOT NULL,
    patient_id uuid NOT NULL,
    note_ref text NOT NULL CHECK (length(note_ref) BETWEEN 1 AND 80),
    version int NOT NULL CHECK (version > 0),
    is_withdrawn boolean NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    content jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, patient_id, note_ref, version),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients
);
SELECT protect_tenant_table('receipt_notes', 'SELECT, INSERT');
