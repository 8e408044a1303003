"""The schemas of both services, one revision at a time."""
