"""The ways out for alerts: one file a channel. Each takes a notification and says what became of it."""
