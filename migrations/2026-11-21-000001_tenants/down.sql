DROP TABLE closed_days, opening_hours, facility_standards, institution_versions;
DROP FUNCTION gate_tenants(bigint, int);
DROP FUNCTION gate_tenant_of_code(text);
DROP TABLE tenants;
DROP FUNCTION protect_tenant_table(regclass, text);
REVOKE SELECT ON __diesel_schema_migrations FROM tensu_app;
REVOKE USAGE ON SCHEMA public FROM tensu_app, tensu_gate;
