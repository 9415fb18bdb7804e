DROP TABLE payment_receipts, payment_allocations, payments, settlements, ledger_postings, ledger_entries,
    ledger_accounts;
DROP FUNCTION check_ledger_entry();
