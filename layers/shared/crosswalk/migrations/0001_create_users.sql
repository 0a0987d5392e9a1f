-- The users table, and what the application role may do with it.

-- A trusted extension: the right to create in the database is enough.
CREATE EXTENSION IF NOT EXISTS citext;

-- citext takes lower case from the database's locale, whatever the column's collation is.
DO $$
BEGIN
    IF getdatabaseencoding() <> 'UTF8' OR lower('ÄÉЖ' COLLATE "default") <> 'äéж' THEN
        RAISE EXCEPTION 'create the database with encoding UTF8 and a locale such as en_US.UTF-8 or C.UTF-8';
    END IF;
END
$$;

CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email citext COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(email::text) BETWEEN 3 AND 254),
    text text NOT NULL CHECK (char_length(text) <= 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
) WITH (
    -- Pages at an offset are read from the index alone as far as vacuum has marked the table's pages all-visible:
    -- let it come after changes to a fiftieth of the rows rather than a fifth.
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02
);

-- The list reads this index in order; INCLUDE (id) is all that an offset's page needs of the rows before it.
CREATE INDEX users_listed ON users (email) INCLUDE (id) WHERE deleted_at IS NULL;

CREATE INDEX users_deleted ON users (deleted_at) WHERE deleted_at IS NOT NULL;

-- Not granted: the key, TRUNCATE, and anything of other tables. DELETE is the purge's.
GRANT SELECT, DELETE ON users TO {application};
GRANT INSERT (email, text) ON users TO {application};
GRANT UPDATE (email, text, created_at, updated_at, deleted_at) ON users TO {application};
