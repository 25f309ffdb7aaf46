"""Discussion of a competition: threads, posts, write-ups, their moderation, and reports of abuse."""
