-- What a proposed action is shown with, and the orders in which its list and its log are read.

alter table proposed_actions
  -- Typed statements over figures: what is expected to come of it.
  add column expected_effect jsonb not null default '[]';
-- Rows from before were written by the same code; only new ones are checked, so that no table is read under a lock.
alter table proposed_actions
  add constraint proposed_actions_type_check check (action_type in (
    'create_discount_code', 'update_product_price', 'set_inventory', 'tag_customers', 'create_draft_order',
    'update_product_content')) not valid,
  add constraint proposed_actions_changes_check check (jsonb_array_length(preview -> 'rows') <= 50) not valid;
create index proposed_actions_by_time on proposed_actions (user_id, created_at desc, id desc);
create index audit_log_by_subject on audit_log (user_id, subject, created_at desc, id desc);
