"""Stand-ins for the clouds' stores, as processes of our own on loopback: moto for S3, an emulator for GCS, azurite."""
