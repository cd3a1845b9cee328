drop function app.refuse_illegal_move();
drop table app.legal_moves;
drop function app.conflict();
drop function app.tenant();
drop function app.no_tenant();
revoke select on app.migrations from alatar_runtime, alatar_system;
revoke usage on schema app from alatar_runtime, alatar_system;
revoke usage on schema public from alatar_runtime, alatar_system;
