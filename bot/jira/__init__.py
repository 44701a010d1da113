"""The only place that knows Jira: Cloud and Data Center behind one `Tracker`."""
