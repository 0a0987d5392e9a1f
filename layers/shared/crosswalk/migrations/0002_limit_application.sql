-- Time-outs of the application role. They belong to the role, since RDS Proxy pins a session that sets its own;
-- each is below the two seconds after which the client gives up.

DO $$
DECLARE
    -- A login that is owner and application in one is used elsewhere too: there it keeps its own settings.
    place text := CASE WHEN current_user = {application_name}
        THEN format('IN DATABASE %I', current_database()) ELSE '' END;
BEGIN
    EXECUTE format('ALTER ROLE {application} %s SET statement_timeout = ''1500ms''', place);
    EXECUTE format('ALTER ROLE {application} %s SET lock_timeout = ''1s''', place);
    EXECUTE format('ALTER ROLE {application} %s SET idle_in_transaction_session_timeout = ''5s''', place);
EXCEPTION WHEN insufficient_privilege THEN
    -- Roles made by hand, on somebody's own server. The client's deadline holds all the same.
    RAISE WARNING 'this role may not set time-outs for {application}: let somebody who may do it';
END
$$;
