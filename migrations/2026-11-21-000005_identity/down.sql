DROP TABLE sessions, api_clients, user_roles, user_recovery_codes, user_password_history, user_credentials, users;
