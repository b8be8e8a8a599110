"""The one-file server, driven as somebody would who has nothing but the file: `scripts/smoke-binary`."""
