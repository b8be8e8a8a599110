-- name: end_session
INSERT INTO ended_session (jti, until) VALUES (%(jti)s, %(until)s) ON CONFLICT (jti) DO NOTHING;

-- name: is_session_ended
SELECT EXISTS (SELECT FROM ended_session WHERE jti = %(jti)s) AS is_ended;
