"""Numbers, times and the texts of senders, as people read them."""
