"""`pytest conformance --target URL` runs the suites; the plugin does the rest."""

pytest_plugins = ["trackproof"]
