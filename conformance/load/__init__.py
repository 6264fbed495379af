"""Load: whole journeys by many customers at once, then what was accepted against what was recorded.

What sends (`child`, `conducting`, `working`, `visiting`, `crew`) runs in processes of its own, since Locust changes
Python's sockets when it is imported; nothing else imports these. What reconciles runs in the process that started them.
"""
