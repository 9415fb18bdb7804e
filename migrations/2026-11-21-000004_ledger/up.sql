-- Double-entry ledger, settlements, payments, receipts: appended only, corrected by reversal.

-- 勘定科目.
CREATE TABLE ledger_accounts (
    tenant_id bigint NOT NULL REFERENCES tenants,
    account text NOT NULL CHECK (account ~ '^[a-z][a-z_]{1,39}$'),
    kind text NOT NULL CHECK (kind IN ('asset', 'liability', 'revenue', 'expense')),
    PRIMARY KEY (tenant_id, account)
);
SELECT protect_tenant_table('ledger_accounts', 'SELECT, INSERT');

-- 仕訳. posting_count is fixed with the entry, so that nothing can be added to it later.
CREATE TABLE ledger_entries (
    tenant_id bigint NOT NULL REFERENCES tenants,
    entry_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('charge', 'payment', 'deposit', 'allocation', 'refund', 'write_off',
        'cash_difference', 'opening', 'reversal')),
    booked_on date NOT NULL,
    posting_count smallint NOT NULL CHECK (posting_count BETWEEN 2 AND 100),
    reverses uuid,
    approved_by text CHECK (length(approved_by) BETWEEN 1 AND 100),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, entry_id),
    UNIQUE (tenant_id, reverses),
    FOREIGN KEY (tenant_id, reverses) REFERENCES ledger_entries,
    CHECK ((kind = 'reversal') = (reverses IS NOT NULL)),
    CHECK (kind <> 'write_off' OR approved_by IS NOT NULL)
);
CREATE INDEX ledger_entries_day ON ledger_entries (tenant_id, booked_on);
SELECT protect_tenant_table('ledger_entries', 'SELECT, INSERT');

-- One side of an entry: debit (借方) above zero, credit (貸方) below.
CREATE TABLE ledger_postings (
    tenant_id bigint NOT NULL,
    entry_id uuid NOT NULL,
    line smallint NOT NULL CHECK (line > 0),
    account text NOT NULL,
    patient_id uuid,
    visit_id uuid,
    yen bigint NOT NULL CHECK (yen <> 0),
    PRIMARY KEY (tenant_id, entry_id, line),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES ledger_entries,
    FOREIGN KEY (tenant_id, account) REFERENCES ledger_accounts,
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients,
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits
);
CREATE INDEX ledger_postings_patient ON ledger_postings (tenant_id, patient_id, account);
CREATE INDEX ledger_postings_visit ON ledger_postings (tenant_id, visit_id, account);
SELECT protect_tenant_table('ledger_postings', 'SELECT, INSERT');

-- At commit an entry has exactly its postings and they sum to zero.
CREATE FUNCTION check_ledger_entry() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    wanted int;
    found_count int;
    found_sum numeric;
BEGIN
    SELECT posting_count INTO wanted FROM ledger_entries
        WHERE tenant_id = NEW.tenant_id AND entry_id = NEW.entry_id;
    SELECT count(*), coalesce(sum(yen), 0) INTO found_count, found_sum FROM ledger_postings
        WHERE tenant_id = NEW.tenant_id AND entry_id = NEW.entry_id;
    IF found_count IS DISTINCT FROM wanted OR found_sum <> 0 THEN
        RAISE EXCEPTION 'ledger entry does not balance' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'ledger_entry_balances', TABLE = 'ledger_entries';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_entries_balance AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ledger_entry();
CREATE CONSTRAINT TRIGGER ledger_postings_balance AFTER INSERT ON ledger_postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ledger_entry();

-- 会計 of a visit, in versions; the amounts are those of the result it was made from.
CREATE TABLE settlements (
    tenant_id bigint NOT NULL,
    visit_id uuid NOT NULL,
    version int NOT NULL CHECK (version > 0),
    patient_id uuid NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    result_version int,
    due_yen bigint NOT NULL,
    window_yen bigint NOT NULL,
    selection_fee_yen bigint NOT NULL,
    self_pay_yen bigint NOT NULL,
    tax_yen bigint NOT NULL,
    entry_id uuid,
    settled_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, visit_id, version),
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits,
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients,
    FOREIGN KEY (tenant_id, patient_id, month, result_version) REFERENCES results,
    FOREIGN KEY (tenant_id, entry_id) REFERENCES ledger_entries
);
CREATE INDEX settlements_day ON settlements (tenant_id, settled_on);
SELECT protect_tenant_table('settlements', 'SELECT, INSERT');

-- 入金 (above zero) and 返金 (below zero).
CREATE TABLE payments (
    tenant_id bigint NOT NULL,
    payment_id uuid NOT NULL,
    patient_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('payment', 'refund', 'reversal')),
    method text NOT NULL CHECK (method IN ('cash', 'card', 'e_money', 'qr', 'transfer')),
    yen bigint NOT NULL CHECK (yen <> 0),
    paid_on date NOT NULL,
    entry_id uuid NOT NULL,
    reverses uuid,
    terminal_reference text CHECK (length(terminal_reference) BETWEEN 1 AND 100),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, payment_id),
    UNIQUE (tenant_id, reverses),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients,
    FOREIGN KEY (tenant_id, entry_id) REFERENCES ledger_entries,
    FOREIGN KEY (tenant_id, reverses) REFERENCES payments,
    CHECK ((kind = 'reversal') = (reverses IS NOT NULL)),
    CHECK (kind <> 'payment' OR yen > 0),
    CHECK (kind <> 'refund' OR yen < 0)
);
CREATE INDEX payments_day ON payments (tenant_id, paid_on);
CREATE INDEX payments_patient ON payments (tenant_id, patient_id, paid_on);
SELECT protect_tenant_table('payments', 'SELECT, INSERT');

-- Which visits a payment pays; without a visit it is a deposit (預り金).
CREATE TABLE payment_allocations (
    tenant_id bigint NOT NULL,
    payment_id uuid NOT NULL,
    line smallint NOT NULL CHECK (line > 0),
    visit_id uuid,
    yen bigint NOT NULL CHECK (yen <> 0),
    PRIMARY KEY (tenant_id, payment_id, line),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments,
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits
);
CREATE INDEX payment_allocations_visit ON payment_allocations (tenant_id, visit_id);
SELECT protect_tenant_table('payment_allocations', 'SELECT, INSERT');

-- 領収証: numbers of a clinic without a gap. A void names the number it takes back.
CREATE TABLE payment_receipts (
    tenant_id bigint NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    kind text NOT NULL CHECK (kind IN ('receipt', 'deposit', 'refund', 'void')),
    patient_id uuid NOT NULL,
    payment_id uuid,
    visit_id uuid,
    voids bigint,
    issued_on date NOT NULL,
    yen bigint NOT NULL,
    content jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, number),
    UNIQUE (tenant_id, voids),
    FOREIGN KEY (tenant_id, patient_id) REFERENCES patients,
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments,
    FOREIGN KEY (tenant_id, visit_id) REFERENCES visits,
    FOREIGN KEY (tenant_id, voids) REFERENCES payment_receipts,
    CHECK ((kind = 'void') = (voids IS NOT NULL))
);
CREATE INDEX payment_receipts_visit ON payment_receipts (tenant_id, visit_id);
SELECT protect_tenant_table('payment_receipts', 'SELECT, INSERT');
