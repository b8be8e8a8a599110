"""Drills: servers are killed under load, and what they promised is counted afterwards."""
