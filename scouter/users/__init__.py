"""Users: who there is, and who is calling.

Read `accounts` first: it makes users, the only place that does, changes and deletes them. `first_users` says who is
made in an empty database. `authentication` judges the credentials of every request by the users' present state, and
`logins` names and passwords, until too many are wrong; what they are made of, passwords, tokens, permissions and the
limit of failed logins, is in `scouter.auth`.
"""
