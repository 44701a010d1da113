"""Poll, judge, arrange, deliver, reconcile: the shell around the core."""
