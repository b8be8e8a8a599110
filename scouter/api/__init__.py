"""The HTTP surface: Falcon resources, one file a resource."""
