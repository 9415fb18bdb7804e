DROP TABLE visit_sources;
ALTER TABLE results DROP COLUMN history;
