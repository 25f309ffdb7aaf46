"""Submissions up to their evaluation: forms, uploads, screening, queues, leases, retries and progress."""
