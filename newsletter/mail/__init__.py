"""First floor, east: how mail leaves this house. The only SMTP."""
