DROP TABLE results, order_documents, visit_states, visits;
