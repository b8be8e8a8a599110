"""Users: who there is, and who is calling.

Read `accounts` first: it makes users, the only place that does, changes and deletes them. `first_users` says who is
made in an empty database. `authentication` judges the credentials of every request by the users' present state; what it
is made of, passwords, tokens, permissions and the limit on logins, is in `scouter.auth`.
"""
