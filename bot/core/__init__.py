"""The pure heart: tickets, clocks, rules, wishes. No I/O, no clock, no Jira words."""
