-- The last question back to the merchant as it is shown: question, options, answer and when it stops waiting. A copy of
-- what the checkpoint says, so that a list reads it with the row; null for almost all, so that it costs nothing.
alter table analysis_requests add column clarification jsonb;
