"""What people say to each other in a competition: threads, write-ups, reports of abuse."""
