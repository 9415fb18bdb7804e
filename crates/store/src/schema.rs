//! Tables as diesel knows them, kept beside `migrations/`.

diesel::table! {
    tenants (tenant_id) {
        tenant_id -> Int8,
        code -> Text,
        first_receipt_number -> Int8,
        created_at -> Timestamptz,
        created_by -> Text,
    }
}

diesel::table! {
    institution_versions (tenant_id, version) {
        tenant_id -> Int8,
        version -> Int4,
        facility_code -> Text,
        name -> Text,
        address -> Text,
        phone -> Text,
        is_demo -> Bool,
        kind -> Text,
        beds -> Int4,
        departments -> Jsonb,
        facts -> Jsonb,
        claim_switches -> Jsonb,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    facility_standards (tenant_id, version, position) {
        tenant_id -> Int8,
        version -> Int4,
        position -> Int4,
        standard_code -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

diesel::table! {
    opening_hours (tenant_id, version, position) {
        tenant_id -> Int8,
        version -> Int4,
        position -> Int4,
        weekday -> Int2,
        opens_minute -> Int2,
        closes_minute -> Int2,
        valid_from -> Nullable<Date>,
    }
}

diesel::table! {
    closed_days (tenant_id, version, closed_on) {
        tenant_id -> Int8,
        version -> Int4,
        closed_on -> Date,
    }
}

diesel::table! {
    patients (tenant_id, patient_id) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        reference -> Text,
        number -> Text,
        created_at -> Timestamptz,
        created_by -> Text,
    }
}

diesel::table! {
    patient_versions (tenant_id, patient_id, version) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        version -> Int4,
        name -> Text,
        kana -> Text,
        kana_key -> Text,
        birth_date -> Date,
        sex -> Text,
        address -> Nullable<Text>,
        phone -> Nullable<Text>,
        allergies -> Array<Text>,
        declines_statement -> Bool,
        facts -> Jsonb,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    coverages (tenant_id, patient_id, coverage_ref, version) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        coverage_ref -> Text,
        version -> Int4,
        is_withdrawn -> Bool,
        insurer_number -> Text,
        symbol -> Nullable<Text>,
        number -> Nullable<Text>,
        branch -> Nullable<Text>,
        relationship -> Text,
        burden_percent -> Int2,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        on_duty_reason -> Nullable<Int2>,
        certificate_number -> Nullable<Text>,
        reduction_kind -> Nullable<Int2>,
        reduction_percent -> Nullable<Int2>,
        reduction_yen -> Nullable<Int8>,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    subsidies (tenant_id, patient_id, subsidy_ref, version) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        subsidy_ref -> Text,
        version -> Int4,
        is_withdrawn -> Bool,
        payer_number -> Text,
        recipient_number -> Nullable<Text>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        monthly_cap_yen -> Nullable<Int8>,
        ticket_payment_yen -> Nullable<Int8>,
        programme -> Nullable<Text>,
        local_rule -> Nullable<Jsonb>,
        paid_elsewhere -> Jsonb,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    limit_classes (tenant_id, patient_id, limit_ref, version) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        limit_ref -> Text,
        version -> Int4,
        is_withdrawn -> Bool,
        code -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        is_multiple -> Bool,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    specific_diseases (tenant_id, patient_id, disease_ref, version) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        disease_ref -> Text,
        version -> Int4,
        is_withdrawn -> Bool,
        cap_yen -> Int8,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    payer_sets (tenant_id, patient_id, set_ref, version) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        set_ref -> Text,
        version -> Int4,
        is_withdrawn -> Bool,
        coverage_ref -> Nullable<Text>,
        subsidy_refs -> Array<Text>,
        other_payer -> Nullable<Text>,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    diagnoses (tenant_id, patient_id, diagnosis_ref, version) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        diagnosis_ref -> Text,
        version -> Int4,
        is_withdrawn -> Bool,
        code -> Text,
        uncoded_text -> Nullable<Text>,
        modifiers -> Array<Text>,
        started_on -> Date,
        ended_on -> Nullable<Date>,
        outcome -> Nullable<Int2>,
        is_main -> Bool,
        remark -> Nullable<Text>,
        other_payer -> Nullable<Text>,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    patient_histories (tenant_id, patient_id, version) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        version -> Int4,
        content -> Jsonb,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    receipt_notes (tenant_id, patient_id, note_ref, version) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        note_ref -> Text,
        version -> Int4,
        is_withdrawn -> Bool,
        month -> Date,
        content -> Jsonb,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    visits (tenant_id, visit_id) {
        tenant_id -> Int8,
        visit_id -> Uuid,
        patient_id -> Uuid,
        reference -> Text,
        visit_date -> Date,
        source -> Text,
        source_visit_id -> Text,
        created_at -> Timestamptz,
        created_by -> Text,
    }
}

diesel::table! {
    visit_sources (tenant_id, source, source_visit_id) {
        tenant_id -> Int8,
        source -> Text,
        source_visit_id -> Text,
        visit_id -> Uuid,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
    }
}

diesel::table! {
    visit_states (tenant_id, visit_id, step) {
        tenant_id -> Int8,
        visit_id -> Uuid,
        step -> Int4,
        state -> Text,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    order_documents (tenant_id, visit_id, revision, edit) {
        tenant_id -> Int8,
        visit_id -> Uuid,
        revision -> Int4,
        edit -> Int4,
        source -> Text,
        is_cancelled -> Bool,
        content -> Nullable<Jsonb>,
        content_hash -> Bytea,
        supersedes_revision -> Nullable<Int4>,
        supersedes_edit -> Nullable<Int4>,
        received_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    results (tenant_id, patient_id, month, version) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        month -> Date,
        version -> Int4,
        result_id -> Text,
        engine -> Text,
        engine_version -> Text,
        master_release -> Text,
        is_provisional -> Bool,
        is_open -> Bool,
        request_hash -> Bytea,
        points -> Int8,
        due_yen -> Int8,
        response -> Jsonb,
        history -> Nullable<Jsonb>,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    ledger_accounts (tenant_id, account) {
        tenant_id -> Int8,
        account -> Text,
        kind -> Text,
    }
}

diesel::table! {
    ledger_entries (tenant_id, entry_id) {
        tenant_id -> Int8,
        entry_id -> Uuid,
        kind -> Text,
        booked_on -> Date,
        posting_count -> Int2,
        reverses -> Nullable<Uuid>,
        approved_by -> Nullable<Text>,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    ledger_postings (tenant_id, entry_id, line) {
        tenant_id -> Int8,
        entry_id -> Uuid,
        line -> Int2,
        account -> Text,
        patient_id -> Nullable<Uuid>,
        visit_id -> Nullable<Uuid>,
        yen -> Int8,
    }
}

diesel::table! {
    settlements (tenant_id, visit_id, version) {
        tenant_id -> Int8,
        visit_id -> Uuid,
        version -> Int4,
        patient_id -> Uuid,
        month -> Date,
        result_version -> Nullable<Int4>,
        due_yen -> Int8,
        window_yen -> Int8,
        selection_fee_yen -> Int8,
        self_pay_yen -> Int8,
        tax_yen -> Int8,
        entry_id -> Nullable<Uuid>,
        settled_on -> Date,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    payments (tenant_id, payment_id) {
        tenant_id -> Int8,
        payment_id -> Uuid,
        patient_id -> Uuid,
        kind -> Text,
        method -> Text,
        yen -> Int8,
        paid_on -> Date,
        entry_id -> Uuid,
        reverses -> Nullable<Uuid>,
        terminal_reference -> Nullable<Text>,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    payment_allocations (tenant_id, payment_id, line) {
        tenant_id -> Int8,
        payment_id -> Uuid,
        line -> Int2,
        visit_id -> Nullable<Uuid>,
        yen -> Int8,
    }
}

diesel::table! {
    payment_receipts (tenant_id, number) {
        tenant_id -> Int8,
        number -> Int8,
        kind -> Text,
        patient_id -> Uuid,
        payment_id -> Nullable<Uuid>,
        visit_id -> Nullable<Uuid>,
        voids -> Nullable<Int8>,
        issued_on -> Date,
        yen -> Int8,
        content -> Jsonb,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    users (tenant_id, user_id) {
        tenant_id -> Int8,
        user_id -> Uuid,
        login -> Text,
        display_name -> Text,
        is_break_glass -> Bool,
        expires_at -> Nullable<Timestamptz>,
        disabled_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        created_by -> Text,
    }
}

diesel::table! {
    user_credentials (tenant_id, user_id) {
        tenant_id -> Int8,
        user_id -> Uuid,
        password_hash -> Text,
        password_set_at -> Timestamptz,
        totp_secret_enciphered -> Nullable<Bytea>,
        totp_last_step -> Nullable<Int8>,
        failed_count -> Int4,
        locked_until -> Nullable<Timestamptz>,
        totp_pending_enciphered -> Nullable<Bytea>,
    }
}

diesel::table! {
    user_password_history (tenant_id, user_id, set_at) {
        tenant_id -> Int8,
        user_id -> Uuid,
        set_at -> Timestamptz,
        password_hash -> Text,
    }
}

diesel::table! {
    user_recovery_codes (tenant_id, user_id, code_hash) {
        tenant_id -> Int8,
        user_id -> Uuid,
        code_hash -> Bytea,
        created_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    user_roles (tenant_id, user_id, role, granted_at) {
        tenant_id -> Int8,
        user_id -> Uuid,
        role -> Text,
        granted_at -> Timestamptz,
        granted_by -> Text,
        confirmed_by -> Nullable<Text>,
        valid_until -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        revoked_by -> Nullable<Text>,
    }
}

diesel::table! {
    api_clients (tenant_id, client_id) {
        tenant_id -> Int8,
        client_id -> Uuid,
        name -> Text,
        secret_hash -> Nullable<Bytea>,
        certificate_hash -> Nullable<Bytea>,
        scopes -> Array<Text>,
        disabled_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        created_by -> Text,
    }
}

diesel::table! {
    sessions (tenant_id, token_hash) {
        tenant_id -> Int8,
        token_hash -> Bytea,
        user_id -> Uuid,
        created_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        expires_at -> Timestamptz,
        second_factor_at -> Nullable<Timestamptz>,
        locked_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        origin -> Nullable<Text>,
        session_id -> Uuid,
        idle_seconds -> Int4,
    }
}

diesel::table! {
    user_invitations (tenant_id, token_hash) {
        tenant_id -> Int8,
        token_hash -> Bytea,
        invitation_id -> Uuid,
        user_id -> Uuid,
        resets_second_factor -> Bool,
        needs_confirmation -> Bool,
        confirmed_by -> Nullable<Text>,
        created_at -> Timestamptz,
        created_by -> Text,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    api_tokens (tenant_id, token_hash) {
        tenant_id -> Int8,
        token_hash -> Bytea,
        client_id -> Uuid,
        scopes -> Array<Text>,
        certificate_hash -> Nullable<Bytea>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    security_settings (tenant_id, version) {
        tenant_id -> Int8,
        version -> Int4,
        session_idle_minutes -> Int4,
        session_hours -> Int4,
        audit_years -> Int4,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    idempotency_keys (tenant_id, route, key) {
        tenant_id -> Int8,
        route -> Text,
        key -> Text,
        body_hash -> Bytea,
        status -> Int2,
        answer -> Jsonb,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    jobs (tenant_id, job_id) {
        tenant_id -> Int8,
        job_id -> Uuid,
        kind -> Text,
        key -> Text,
        payload -> Jsonb,
        state -> Text,
        priority -> Int2,
        due_at -> Timestamptz,
        attempts -> Int4,
        attempts_max -> Int4,
        worker -> Nullable<Text>,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    audit_events (tenant_id, day, seq) {
        tenant_id -> Int8,
        day -> Date,
        seq -> Int8,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        action -> Text,
        patient_id -> Nullable<Uuid>,
        subject -> Nullable<Text>,
        before_text -> Nullable<Text>,
        after_text -> Nullable<Text>,
        origin -> Nullable<Text>,
        reason -> Nullable<Text>,
        previous_hash -> Bytea,
        hash -> Bytea,
    }
}

diesel::table! {
    audit_heads (tenant_id, day) {
        tenant_id -> Int8,
        day -> Date,
        last_seq -> Int8,
        last_hash -> Bytea,
    }
}

diesel::table! {
    outbox_events (tenant_id, seq) {
        tenant_id -> Int8,
        seq -> Int8,
        event_id -> Uuid,
        kind -> Text,
        subject -> Text,
        data -> Jsonb,
        recorded_at -> Timestamptz,
    }
}

diesel::table! {
    outbox_heads (tenant_id) {
        tenant_id -> Int8,
        last_seq -> Int8,
    }
}

diesel::table! {
    write_off_requests (tenant_id, request_id) {
        tenant_id -> Int8,
        request_id -> Uuid,
        patient_id -> Uuid,
        visit_id -> Uuid,
        yen -> Int8,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Text,
    }
}

diesel::table! {
    write_off_decisions (tenant_id, request_id) {
        tenant_id -> Int8,
        request_id -> Uuid,
        requested_by -> Text,
        is_approved -> Bool,
        entry_id -> Nullable<Uuid>,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    debt_marks (tenant_id, visit_id, step) {
        tenant_id -> Int8,
        visit_id -> Uuid,
        step -> Int4,
        is_excluded -> Bool,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Text,
    }
}

diesel::table! {
    terminal_payments (tenant_id, terminal_payment_id) {
        tenant_id -> Int8,
        terminal_payment_id -> Uuid,
        patient_id -> Uuid,
        visit_id -> Nullable<Uuid>,
        method -> Text,
        policy -> Text,
        yen -> Int8,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    terminal_outcomes (tenant_id, terminal_payment_id) {
        tenant_id -> Int8,
        terminal_payment_id -> Uuid,
        outcome -> Text,
        payment_id -> Nullable<Uuid>,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    till_shifts (tenant_id, booked_on, shift) {
        tenant_id -> Int8,
        booked_on -> Date,
        shift -> Int4,
        float_yen -> Int8,
        cash_base_yen -> Int8,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
    }
}

diesel::table! {
    till_counts (tenant_id, booked_on, shift, step) {
        tenant_id -> Int8,
        booked_on -> Date,
        shift -> Int4,
        step -> Int4,
        pieces -> Jsonb,
        counted_yen -> Int8,
        expected_yen -> Int8,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    till_closings (tenant_id, booked_on, shift) {
        tenant_id -> Int8,
        booked_on -> Date,
        shift -> Int4,
        step -> Int4,
        counted_by -> Text,
        difference_yen -> Int8,
        entry_id -> Nullable<Uuid>,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
    }
}

diesel::table! {
    day_closes (tenant_id, seq) {
        tenant_id -> Int8,
        seq -> Int8,
        booked_on -> Date,
        step -> Int4,
        state -> Text,
        content -> Text,
        previous_hash -> Bytea,
        hash -> Bytea,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    calculation_settings (tenant_id, version) {
        tenant_id -> Int8,
        version -> Int4,
        mode -> Text,
        is_shadowed -> Bool,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    calculation_comparisons (tenant_id, patient_id, month, version, purpose) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        month -> Date,
        version -> Int4,
        purpose -> Text,
        outcome -> Text,
        difference_count -> Int4,
        due_embedded_yen -> Nullable<Int8>,
        due_module_yen -> Nullable<Int8>,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    calculation_differences (tenant_id, patient_id, month, version, purpose, position) {
        tenant_id -> Int8,
        patient_id -> Uuid,
        month -> Date,
        version -> Int4,
        purpose -> Text,
        position -> Int4,
        kind -> Text,
        visit_reference -> Nullable<Text>,
        subject -> Text,
        rules -> Array<Text>,
        said_embedded -> Nullable<Text>,
        said_module -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    patients,
    patient_versions,
    visits,
    visit_sources,
    visit_states,
    ledger_entries,
    ledger_postings,
    payments,
    payment_allocations,
    payment_receipts,
    terminal_payments,
    terminal_outcomes,
    till_shifts,
    till_closings,
);
