-- SPDX-License-Identifier: Apache-2.0
--
-- An offer takes only the steps of src/domain/offer.def, whoever takes them.

CREATE FUNCTION offers_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an offer that is % cannot become %', OLD.status, NEW.status
        USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER offers_step BEFORE UPDATE OF status ON offers FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
        ('offered', 'accepted'),
        ('offered', 'expired'),
        ('offered', 'superseded'),
        ('accepted', 'active'),
        ('active', 'superseded')))
    EXECUTE FUNCTION offers_step();
