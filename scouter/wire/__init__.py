"""What travels: messages, profiles, chart requests and replies, on both wires."""
