drop table outbox, proposed_actions, agent_tasks, analysis_events, analysis_requests;
