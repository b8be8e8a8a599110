"""The port: connections, who waits for what on them, and whose threads answer.

A connection is a `channel`; the `event_loop` knows which of them has something to say. `request_parser` takes a request
apart, `head_judgement` says whether its body is kept: in an `arriving_body`, within the `body_budget`. `bulkheads` says
which threads it goes to, `hand_over` sends it on to others, `reply` writes what a route answers, `refusals` what the
port says itself. `waitress_server` puts them together, on top of waitress, which has the rest.
"""
