-- SPDX-License-Identifier: Apache-2.0
--
-- Whoever is deleted takes along the keys of their submissions and their failed logins too.

CREATE OR REPLACE FUNCTION users_leave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM emotion_events WHERE user_id = OLD.id;
    DELETE FROM transaction_events WHERE user_id = OLD.id;
    DELETE FROM emotion_tiles WHERE user_id = OLD.id;
    DELETE FROM transaction_tiles WHERE user_id = OLD.id;
    DELETE FROM submission_keys WHERE owner = OLD.id;
    DELETE FROM login_failures WHERE account = OLD.id;
    INSERT INTO gone_people VALUES (OLD.id, now(), 0) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
