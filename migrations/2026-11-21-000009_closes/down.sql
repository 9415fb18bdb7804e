DROP TABLE day_closes, till_closings, till_counts, till_shifts, terminal_outcomes, terminal_payments, debt_marks,
    write_off_decisions, write_off_requests;
DROP INDEX payment_receipts_day, payment_receipts_payment, payment_receipts_patient, ledger_postings_receivable;
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_kind_check;
ALTER TABLE ledger_entries ADD CONSTRAINT ledger_entries_kind_check CHECK (kind IN ('charge', 'payment', 'deposit',
    'allocation', 'refund', 'write_off', 'cash_difference', 'opening', 'reversal'));
