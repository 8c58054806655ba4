-- SPDX-License-Identifier: Apache-2.0
--
-- An offer takes only the steps of src/domain/offer.def, whoever takes them.

CREATE TRIGGER offers_step BEFORE UPDATE OF status ON offers
    WHEN OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (VALUES
        ('offered', 'accepted'),
        ('offered', 'expired'),
        ('offered', 'superseded'),
        ('accepted', 'active'),
        ('active', 'superseded'))
BEGIN
    SELECT RAISE(ABORT, 'an offer cannot take this step');
END;
