"""What is told, to whom and when: each value with where it comes from, and a form that sets it."""
