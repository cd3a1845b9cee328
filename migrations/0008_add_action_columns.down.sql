drop index audit_log_by_subject, proposed_actions_by_time;
alter table proposed_actions drop constraint proposed_actions_changes_check,
  drop constraint proposed_actions_type_check, drop column expected_effect;
