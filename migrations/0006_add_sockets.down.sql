drop table subscriptions, app.sockets;
alter table analysis_events drop column status, drop column progress;
