drop table app.attempts;
revoke update (password_hash, updated_at), delete on users from alatar_runtime;
revoke update (updated_at) on users from alatar_system;
drop table refresh_tokens, sessions;
drop function app.session_ended();
