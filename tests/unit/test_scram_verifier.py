"""The verifier against the example of RFC 7677, section 3."""

from __future__ import annotations

import hmac
from base64 import b64decode

from scouter.postgres.embedded.scram_verifier import scram_verifier

SALT = "W22ZaJ0SNY7soEsUEjb6gQ=="
NONCE = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
EXCHANGED = f"n=user,r=rOprNGfwEbeRWgbNEkqO,r={NONCE},s={SALT},i=4096,c=biws,r={NONCE}"
SIGNATURE = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_a_server_with_it_signs_as_in_the_example() -> None:
    verifier = scram_verifier("pencil", salt=b64decode(SALT), iterations=4096)
    method, salt, keys = verifier.split("$")
    assert (method, salt) == ("SCRAM-SHA-256", f"4096:{SALT}")
    server_key = b64decode(keys.partition(":")[2])
    assert hmac.digest(server_key, EXCHANGED.encode(), "sha256") == b64decode(SIGNATURE)


def test_the_salt_is_another_one_each_time() -> None:
    assert scram_verifier("pencil") != scram_verifier("pencil")
