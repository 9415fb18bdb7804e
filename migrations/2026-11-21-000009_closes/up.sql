-- Debts, terminal payments, tills and closings: appended only.

-- 減免 is an entry of its own.
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_kind_check;
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_kind_check CHECK (kind IN ('charge', 'payment', 'deposit',
    'allocation', 'refund', 'reduction', 'write_off', 'cash_difference', 'opening', 'reversal'));
-- Lists of debts sum receivables bill by bill.
CREATE INDEX ledger_postings_receivable ON ledger_postings (tenant_id, patient_id, visit_id) INCLUDE (yen)
    WHERE account = 'patient_receivable';
CREATE INDEX payment_receipts_patient ON payment_receipts (tenant_id, patient_id, number);
CREATE INDEX payment_receipts_payment ON payment_receipts (tenant_id, payment_id);
CREATE INDEX payment_receipts_day ON payment_receipts (tenant_id, issued_on);

-- 貸倒 asked for.
CREATE TABLE write_off_requests (
    tenant_id bigint NOT NULL,
    request_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    visit_id uuid NOT NULL,
    yen bigint NOT NULL CHECK (yen > 0),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 400),
    PRIMARY KEY (tenant_id, request_id),
    UNIQUE (tenant_id, request_id, recorded_by),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients,
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits
);
CREATE INDEX write_off_requests_age ON write_off_requests (tenant_id, recorded_at);
SELECT protect_tenant_table('write_off_requests', 'SELECT, INSERT');

-- What another person decided; once.
CREATE TABLE write_off_decisions (
    tenant_id bigint NOT NULL,
    request_id uuid NOT NULL,
    requested_by text NOT NULL,
    is_approved boolean NOT NULL,
    entry_id uuid,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, request_id),
    FOREIGN KEY (tenant_id, request_id, requested_by) REFERENCES write_off_requests (tenant_id, request_id, recorded_by),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES ledger_entries,
    CHECK (is_approved = (entry_id IS NOT NULL)),
    CONSTRAINT write_off_second_person CHECK (recorded_by <> requested_by)
);
SELECT protect_tenant_table('write_off_decisions', 'SELECT, INSERT');

-- 回収対象外 and its end: the row with the highest step holds.
CREATE TABLE debt_marks (
    tenant_id bigint NOT NULL,
    visit_id uuid NOT NULL,
    step int NOT NULL CHECK (step > 0),
    is_excluded boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 400),
    PRIMARY KEY (tenant_id, visit_id, step),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits
);
SELECT protect_tenant_table('debt_marks', 'SELECT, INSERT');

-- A payment the terminal was asked for (確認中): no money is booked before its answer.
CREATE TABLE terminal_payments (
    tenant_id bigint NOT NULL,
    terminal_payment_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    visit_id uuid,
    method text NOT NULL CHECK (method IN ('card', 'e_money', 'qr')),
    policy text NOT NULL CHECK (policy IN ('this_bill', 'this_then_oldest', 'this_then_newest', 'oldest_first',
        'newest_first')),
    yen bigint NOT NULL CHECK (yen > 0),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, terminal_payment_id),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients,
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits
);
CREATE INDEX terminal_payments_patient ON terminal_payments (tenant_id, patient_id);
SELECT protect_tenant_table('terminal_payments', 'SELECT, INSERT');

-- What the terminal answered; once.
CREATE TABLE terminal_outcomes (
    tenant_id bigint NOT NULL,
    terminal_payment_id uuid NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('confirmed', 'abandoned')),
    payment_id uuid,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, terminal_payment_id),
    FOREIGN KEY (tenant_id, terminal_payment_id) REFERENCES terminal_payments,
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments,
    CHECK ((outcome = 'confirmed') = (payment_id IS NOT NULL)),
    CHECK (outcome <> 'abandoned' OR length(reason) > 0)
);
SELECT protect_tenant_table('terminal_outcomes', 'SELECT, INSERT');

-- A till opened with its float (釣銭準備金). cash_base_yen = cash booked on the day before it opened.
CREATE TABLE till_shifts (
    tenant_id bigint NOT NULL REFERENCES tenants,
    booked_on date NOT NULL,
    shift int NOT NULL CHECK (shift > 0),
    float_yen bigint NOT NULL CHECK (float_yen >= 0),
    cash_base_yen bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    PRIMARY KEY (tenant_id, booked_on, shift)
);
SELECT protect_tenant_table('till_shifts', 'SELECT, INSERT');

-- Counts of a shift's cash (仮締め), by denomination.
CREATE TABLE till_counts (
    tenant_id bigint NOT NULL,
    booked_on date NOT NULL,
    shift int NOT NULL,
    step int NOT NULL CHECK (step > 0),
    pieces jsonb NOT NULL,
    counted_yen bigint NOT NULL CHECK (counted_yen >= 0),
    expected_yen bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) BETWEEN 1 AND 400),
    PRIMARY KEY (tenant_id, booked_on, shift, step),
    UNIQUE (tenant_id, booked_on, shift, step, recorded_by),
    FOREIGN KEY (tenant_id, booked_on, shift) REFERENCES till_shifts,
    CONSTRAINT till_count_reason CHECK (counted_yen = expected_yen OR reason IS NOT NULL)
);
SELECT protect_tenant_table('till_counts', 'SELECT, INSERT');

-- The count that closed a shift; a difference needs a second person and is booked.
CREATE TABLE till_closings (
    tenant_id bigint NOT NULL,
    booked_on date NOT NULL,
    shift int NOT NULL,
    step int NOT NULL,
    counted_by text NOT NULL,
    difference_yen bigint NOT NULL,
    entry_id uuid,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    PRIMARY KEY (tenant_id, booked_on, shift),
    FOREIGN KEY (tenant_id, booked_on, shift, step, counted_by)
        REFERENCES till_counts (tenant_id, booked_on, shift, step, recorded_by),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES ledger_entries,
    CHECK ((difference_yen = 0) = (entry_id IS NULL)),
    CONSTRAINT till_second_person CHECK (difference_yen = 0 OR recorded_by <> counted_by)
);
SELECT protect_tenant_table('till_closings', 'SELECT, INSERT');

-- 本締め and its undoing. hash = SHA-256 over the hash before it and the content; content is a text, so that the
-- bytes that were hashed are the bytes that are kept.
CREATE TABLE day_closes (
    tenant_id bigint NOT NULL REFERENCES tenants,
    seq bigint NOT NULL CHECK (seq > 0),
    booked_on date NOT NULL,
    step int NOT NULL CHECK (step > 0),
    state text NOT NULL CHECK (state IN ('closed', 'reopened')),
    content text NOT NULL,
    previous_hash bytea NOT NULL CHECK (length(previous_hash) = 32),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, seq),
    UNIQUE (tenant_id, booked_on, step),
    CHECK ((state = 'closed') = (step % 2 = 1)),
    CHECK (state = 'closed' OR length(reason) > 0)
);
SELECT protect_tenant_table('day_closes', 'SELECT, INSERT');
