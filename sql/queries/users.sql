-- name: user_by_name
SELECT username, password_hash, credential_version, email, role, active, permissions, group_permissions,
       favorite_spaces
FROM app_user WHERE username = %(username)s;

-- name: all_users
SELECT username, password_hash, credential_version, email, role, active, permissions, group_permissions,
       favorite_spaces
FROM app_user ORDER BY username;

-- name: user_page
SELECT username, password_hash, credential_version, email, role, active, permissions, group_permissions,
       favorite_spaces
FROM app_user
WHERE (%(after)s::text IS NULL OR username > %(after)s)
  AND (%(q)s::text IS NULL OR strpos(lower(username), lower(%(q)s)) > 0 OR strpos(lower(email), lower(%(q)s)) > 0)
ORDER BY username
LIMIT %(maximum)s;

-- name: lock_first_users
-- Servers that start together must not each make an admin with a password of its own.
SELECT pg_advisory_xact_lock(hashtext('scouter_py.first_users'));

-- name: count_users
SELECT count(*) AS count FROM app_user;

-- name: add_user
-- Nothing comes back when the name or the e-mail is taken.
INSERT INTO app_user
    (username, password_hash, email, role, active, permissions, group_permissions, recovery_code_hashes)
VALUES
    (%(username)s, %(password_hash)s, %(email)s, %(role)s, %(active)s, %(permissions)s, %(group_permissions)s,
     %(recovery_code_hashes)s)
ON CONFLICT DO NOTHING
RETURNING username;

-- name: set_password
-- Ends every token of that user.
UPDATE app_user
SET password_hash = %(password_hash)s, credential_version = nextval('credential_version'), updated_at = now()
WHERE username = %(username)s;

-- name: end_tokens
UPDATE app_user SET credential_version = nextval('credential_version'), updated_at = now()
WHERE username = %(username)s;

-- name: keep_secret
-- The first server to ask decides; all others use what it made.
INSERT INTO server_secret (name, value) VALUES (%(name)s, %(value)s) ON CONFLICT (name) DO NOTHING;

-- name: secret
SELECT value FROM server_secret WHERE name = %(name)s;

-- name: lock_admins
-- Whoever may take away an admin's rights waits for the others: each must see who is left.
SELECT pg_advisory_xact_lock(hashtext('scouter_py.admins'));

-- name: is_last_admin
-- Whether that user is an active admin and there is no other.
SELECT bool_or(username = %(username)s) AND count(*) = 1 AS is_last
FROM app_user WHERE active AND 'admin' = ANY (group_permissions);

-- name: change_user
-- Changes the columns that are given; null leaves a column as it is.
UPDATE app_user
SET password_hash = coalesce(%(password_hash)s, password_hash),
    credential_version = CASE WHEN %(password_hash)s::text IS NULL THEN credential_version
                              ELSE nextval('credential_version') END,
    active = coalesce(%(active)s, active),
    permissions = coalesce(%(permissions)s, permissions),
    group_permissions = coalesce(%(group_permissions)s, group_permissions),
    favorite_spaces = coalesce(%(favorite_spaces)s, favorite_spaces),
    updated_at = now()
WHERE username = %(username)s
RETURNING username, password_hash, credential_version, email, role, active, permissions, group_permissions,
          favorite_spaces;

-- name: delete_user
DELETE FROM app_user WHERE username = %(username)s;
