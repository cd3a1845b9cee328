alter table analysis_requests drop column clarification;
