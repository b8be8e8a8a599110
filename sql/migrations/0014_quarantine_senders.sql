-- Who takes most room in quarantine gives way first.
CREATE INDEX quarantine_sender ON quarantine (username, reason, id) INCLUDE (size, transport);
