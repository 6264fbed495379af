"""What the generated suites send: bodies from the OpenAPI document, journeys of random customers, and their shrinking.

Hypothesis and Schemathesis are imported in a process of their own (`child`), so that neither their start nor their
drawing of examples takes time from the run.
"""
