DROP TABLE receipt_notes, patient_histories, diagnoses, payer_sets, specific_diseases, limit_classes, subsidies,
    coverages, patient_versions, patients;
