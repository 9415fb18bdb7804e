-- Who may do what: users, roles, API clients, sessions. Secrets are hashed or enciphered before they come here.

CREATE TABLE users (
    tenant_id bigint NOT NULL REFERENCES tenants,
    user_id uuid NOT NULL,
    login text NOT NULL CHECK (login ~ '^[a-z0-9._-]{1,64}$'),
    display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 100),
    is_break_glass boolean NOT NULL DEFAULT false,
    expires_at timestamptz,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL CHECK (length(created_by) BETWEEN 1 AND 100),
    PRIMARY KEY (tenant_id, user_id),
    UNIQUE (tenant_id, login),
    CHECK (NOT is_break_glass OR expires_at IS NOT NULL)
);
SELECT protect_tenant_table('users', 'SELECT, INSERT, UPDATE (display_name, expires_at, disabled_at)');

-- Password hash (argon2id), second factor and lock-out of a user.
CREATE TABLE user_credentials (
    tenant_id bigint NOT NULL,
    user_id uuid NOT NULL,
    password_hash text NOT NULL CHECK (length(password_hash) BETWEEN 20 AND 400),
    password_set_at timestamptz NOT NULL,
    totp_secret_enciphered bytea,
    totp_last_step bigint,
    failed_count int NOT NULL DEFAULT 0 CHECK (failed_count >= 0),
    locked_until timestamptz,
    PRIMARY KEY (tenant_id, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
SELECT protect_tenant_table('user_credentials', 'SELECT, INSERT, UPDATE (password_hash, password_set_at,
    totp_secret_enciphered, totp_last_step, failed_count, locked_until)');

-- Hashes of earlier passwords, so that none is used again.
CREATE TABLE user_password_history (
    tenant_id bigint NOT NULL,
    user_id uuid NOT NULL,
    set_at timestamptz NOT NULL,
    password_hash text NOT NULL CHECK (length(password_hash) BETWEEN 20 AND 400),
    PRIMARY KEY (tenant_id, user_id, set_at),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
SELECT protect_tenant_table('user_password_history', 'SELECT, INSERT');

-- One-time codes for a lost second factor.
CREATE TABLE user_recovery_codes (
    tenant_id bigint NOT NULL,
    user_id uuid NOT NULL,
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (tenant_id, user_id, code_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
SELECT protect_tenant_table('user_recovery_codes', 'SELECT, INSERT, UPDATE (used_at), DELETE');

-- Roles given for a time; giving a role again is a new row.
CREATE TABLE user_roles (
    tenant_id bigint NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('reception', 'cashier', 'billing_lead', 'director', 'administrator', 'auditor')),
    granted_at timestamptz NOT NULL,
    granted_by text NOT NULL CHECK (length(granted_by) BETWEEN 1 AND 100),
    confirmed_by text CHECK (length(confirmed_by) BETWEEN 1 AND 100),
    valid_until timestamptz,
    revoked_at timestamptz,
    revoked_by text CHECK (length(revoked_by) BETWEEN 1 AND 100),
    PRIMARY KEY (tenant_id, user_id, role, granted_at),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
SELECT protect_tenant_table('user_roles', 'SELECT, INSERT, UPDATE (confirmed_by, revoked_at, revoked_by)');

-- Machines that call the API for one clinic.
CREATE TABLE api_clients (
    tenant_id bigint NOT NULL REFERENCES tenants,
    client_id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    secret_hash bytea CHECK (length(secret_hash) = 32),
    certificate_hash bytea CHECK (length(certificate_hash) = 32),
    scopes text[] NOT NULL CHECK (cardinality(scopes) <= 40),
    disabled_at timestamptz,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL CHECK (length(created_by) BETWEEN 1 AND 100),
    PRIMARY KEY (tenant_id, client_id),
    UNIQUE (tenant_id, name)
);
SELECT protect_tenant_table('api_clients', 'SELECT, INSERT, UPDATE (secret_hash, certificate_hash, scopes, disabled_at)');

-- Sessions of users; the token itself is never stored.
CREATE TABLE sessions (
    tenant_id bigint NOT NULL,
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    second_factor_at timestamptz,
    locked_at timestamptz,
    revoked_at timestamptz,
    origin text CHECK (length(origin) <= 200),
    PRIMARY KEY (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
CREATE INDEX sessions_user ON sessions (tenant_id, user_id);
SELECT protect_tenant_table('sessions', 'SELECT, INSERT, DELETE, UPDATE (last_seen_at, second_factor_at, locked_at,
    revoked_at)');
