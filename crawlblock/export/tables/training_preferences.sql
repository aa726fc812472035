-- key: digest
-- of: training_preferences
FROM training_preferences ORDER BY digest
