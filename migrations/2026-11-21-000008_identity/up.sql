-- Identity, second part: enrolment of the second factor, invitations, access tokens of machines, settings of a
-- clinic; and the operators of the service, who belong to no clinic.

-- A second factor that was shown and is not yet confirmed by a code.
ALTER TABLE user_credentials ADD COLUMN totp_pending_enciphered bytea;
GRANT UPDATE (totp_pending_enciphered) ON user_credentials TO tensu_app;

-- A session has an id that may be shown, and its own idle limit.
ALTER TABLE sessions
    ADD COLUMN session_id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN idle_seconds int NOT NULL DEFAULT 1800 CHECK (idle_seconds BETWEEN 60 AND 86400),
    ADD UNIQUE (tenant_id, session_id);

-- One-time tokens by which a user sets the first or a new password. For holders of powerful roles a second
-- account holder confirms first: otherwise one administrator alone could take over another account.
CREATE TABLE user_invitations (
    tenant_id bigint NOT NULL,
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    invitation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    resets_second_factor boolean NOT NULL,
    needs_confirmation boolean NOT NULL,
    confirmed_by text CHECK (length(confirmed_by) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL,
    created_by text NOT NULL CHECK (length(created_by) BETWEEN 1 AND 100),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, token_hash),
    UNIQUE (tenant_id, invitation_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users,
    CHECK (expires_at > created_at)
);
CREATE INDEX user_invitations_user ON user_invitations (tenant_id, user_id);
SELECT protect_tenant_table('user_invitations', 'SELECT, INSERT, UPDATE (confirmed_by, used_at, revoked_at)');

-- Access tokens of machines; the token itself is never stored.
CREATE TABLE api_tokens (
    tenant_id bigint NOT NULL,
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    client_id uuid NOT NULL,
    scopes text[] NOT NULL CHECK (cardinality(scopes) <= 40),
    certificate_hash bytea CHECK (length(certificate_hash) = 32),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, client_id) REFERENCES api_clients,
    CHECK (expires_at > created_at AND expires_at <= created_at + interval '15 minutes')
);
CREATE INDEX api_tokens_client ON api_tokens (tenant_id, client_id, expires_at);
SELECT protect_tenant_table('api_tokens', 'SELECT, INSERT, DELETE');

-- What a clinic chose about sessions and its audit trail; without a row the defaults of the program hold.
CREATE TABLE security_settings (
    tenant_id bigint NOT NULL REFERENCES tenants,
    version int NOT NULL CHECK (version > 0),
    session_idle_minutes int NOT NULL CHECK (session_idle_minutes BETWEEN 5 AND 240),
    session_hours int NOT NULL CHECK (session_hours BETWEEN 1 AND 24),
    audit_years int NOT NULL CHECK (audit_years BETWEEN 5 AND 100),
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    reason text CHECK (length(reason) <= 400),
    PRIMARY KEY (tenant_id, version)
);
SELECT protect_tenant_table('security_settings', 'SELECT, INSERT');

-- Search of the audit trail by who did it.
CREATE INDEX audit_events_actor ON audit_events (tenant_id, recorded_by, day, seq);

-- The id for a clinic to be registered: behind the highest.
CREATE FUNCTION gate_next_tenant() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT COALESCE(max(tenant_id), 0) + 1 FROM tenants $$;

-- Operators of the service. Their tables lie in a schema the application role cannot reach; it calls the
-- functions below. An operator registers clinics and belongs to none.
CREATE SCHEMA operations;
REVOKE ALL ON SCHEMA operations FROM PUBLIC;
GRANT USAGE ON SCHEMA operations TO tensu_gate;

CREATE TABLE operations.operators (
    operator_id uuid PRIMARY KEY,
    login text NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9._-]{1,64}$'),
    display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 100),
    password_hash text NOT NULL CHECK (length(password_hash) BETWEEN 20 AND 400),
    totp_secret_enciphered bytea NOT NULL,
    totp_last_step bigint,
    failed_count int NOT NULL DEFAULT 0 CHECK (failed_count >= 0),
    locked_until timestamptz,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE TABLE operations.operator_sessions (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    operator_id uuid NOT NULL REFERENCES operations.operators,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
-- What operators did outside clinics; what they do in a clinic is on the clinic's audit trail.
CREATE TABLE operations.operator_events (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL CHECK (length(recorded_by) BETWEEN 1 AND 100),
    action text NOT NULL CHECK (length(action) BETWEEN 1 AND 100),
    subject text CHECK (length(subject) <= 200),
    origin text CHECK (length(origin) <= 200)
);
GRANT SELECT, INSERT, UPDATE (totp_last_step, failed_count, locked_until, disabled_at) ON operations.operators
    TO tensu_gate;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON operations.operator_sessions TO tensu_gate;
GRANT INSERT ON operations.operator_events TO tensu_gate;

CREATE FUNCTION gate_operator_create(new_id uuid, new_login text, new_name text, new_hash text, new_totp bytea,
    at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = operations, pg_temp
AS $$ INSERT INTO operators (operator_id, login, display_name, password_hash, totp_secret_enciphered, created_at)
    VALUES (new_id, new_login, new_name, new_hash, new_totp, at) $$;

-- Locks the row: what is decided on it is written before another login reads it.
CREATE FUNCTION gate_operator_of_login(wanted text)
RETURNS TABLE (operator_id uuid, password_hash text, totp_secret_enciphered bytea, totp_last_step bigint,
    failed_count int, locked_until timestamptz, disabled_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = operations, pg_temp
AS $$ SELECT o.operator_id, o.password_hash, o.totp_secret_enciphered, o.totp_last_step, o.failed_count,
    o.locked_until, o.disabled_at FROM operators o WHERE o.login = wanted FOR UPDATE $$;

CREATE FUNCTION gate_operator_outcome(wanted uuid, new_count int, new_locked timestamptz, new_step bigint)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = operations, pg_temp
AS $$ UPDATE operators SET failed_count = new_count, locked_until = new_locked, totp_last_step = new_step
    WHERE operator_id = wanted $$;

CREATE FUNCTION gate_operator_disable(wanted text, at timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = operations, pg_temp
AS $$ WITH changed AS (UPDATE operators SET disabled_at = at WHERE login = wanted AND disabled_at IS NULL RETURNING 1)
    SELECT count(*) FROM changed $$;

CREATE FUNCTION gate_operator_open_session(new_hash bytea, new_operator uuid, at timestamptz, until timestamptz)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = operations, pg_temp
AS $$ INSERT INTO operator_sessions (token_hash, operator_id, created_at, expires_at)
    VALUES (new_hash, new_operator, at, until) $$;

CREATE FUNCTION gate_operator_of_session(wanted bytea, at timestamptz) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = operations, pg_temp
AS $$ SELECT s.operator_id FROM operator_sessions s JOIN operators o ON o.operator_id = s.operator_id
    WHERE s.token_hash = wanted AND s.revoked_at IS NULL AND s.expires_at > at AND o.disabled_at IS NULL $$;

CREATE FUNCTION gate_operator_close_session(wanted bytea, at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = operations, pg_temp
AS $$ UPDATE operator_sessions SET revoked_at = at WHERE token_hash = wanted AND revoked_at IS NULL $$;

CREATE FUNCTION gate_operator_event(at timestamptz, who text, what text, which text, where_from text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = operations, pg_temp
AS $$ INSERT INTO operator_events (recorded_at, recorded_by, action, subject, origin)
    VALUES (at, who, what, which, where_from) $$;

GRANT CREATE ON SCHEMA public TO tensu_gate;
DO $$
DECLARE gate regprocedure;
BEGIN
    FOR gate IN SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND (p.proname LIKE 'gate\_operator\_%' OR p.proname = 'gate_next_tenant')
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO tensu_gate', gate);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', gate);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tensu_app', gate);
    END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA public FROM tensu_gate;
