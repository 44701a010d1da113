"""The whole bot, the sandbox Jira, the network between them and one virtual clock in one process, driven by a seed."""
