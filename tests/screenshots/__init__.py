"""Pictures of the pages for the documentation, taken of the demonstration: `scripts/screenshots`."""
