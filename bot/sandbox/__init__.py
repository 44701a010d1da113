"""A Jira to try and test against: Cloud and Data Center flavours, own clock, faults."""
