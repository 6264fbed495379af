"""One exchange with a target: deadline, transcript, redaction, pacing, click ids."""
