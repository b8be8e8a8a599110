-- Users and the secrets that the servers of one database share.

-- Numbers the credentials of a user: a token names the number it was issued under and ends when it changes.
CREATE SEQUENCE credential_version;

CREATE TABLE app_user (
    username text PRIMARY KEY,
    password_hash text NOT NULL,
    credential_version bigint NOT NULL DEFAULT nextval('credential_version'),
    email text NOT NULL UNIQUE,
    role text NOT NULL DEFAULT 'user',
    active boolean NOT NULL DEFAULT true,
    permissions text[] NOT NULL DEFAULT '{}',
    group_permissions text[] NOT NULL DEFAULT '{}',
    favorite_spaces text[] NOT NULL DEFAULT '{}',
    recovery_code_hashes text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE server_secret (
    name text PRIMARY KEY,
    value text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
