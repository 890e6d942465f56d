"""The regular report: gather the month of a site, and send it by mail and webhook."""
