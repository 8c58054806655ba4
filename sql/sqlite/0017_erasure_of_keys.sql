-- SPDX-License-Identifier: Apache-2.0
--
-- Whoever is deleted takes along the keys of their submissions and their failed logins too.

CREATE TRIGGER users_leave_keys AFTER DELETE ON users
BEGIN
    DELETE FROM submission_keys WHERE owner = OLD.id;
    DELETE FROM login_failures WHERE account = OLD.id;
END;
