"""Watches an integrator's own code: a sandbox beside their tests, a proxy before their target, a judge behind both."""
