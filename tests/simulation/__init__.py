"""The whole bot, a sandbox Jira, the network between them and one virtual clock in one process, driven by a seed."""
