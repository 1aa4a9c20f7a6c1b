-- Where an organisation is established: the law of that country alone is
-- looked at. ISO 3166-1 alpha-2; NULL: nobody said.

ALTER TABLE organization ADD COLUMN country TEXT;
