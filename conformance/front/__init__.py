"""What stands behind the pytest plugin; nothing here is imported unless a session asks for the suites."""
