"""What pip installs: scouter-server as a wheel and as a source distribution."""
