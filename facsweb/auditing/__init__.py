"""The auditor's doors to the audit: a page, a table to take away, the API."""
