"""The way of a submission up to its evaluation: submitting, uploads, screening, dispatch, leases, status."""
